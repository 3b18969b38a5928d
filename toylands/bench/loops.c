/* The loops toylands is compared with: plain C, structure of arrays, gradient and update fused.

   n walkers move `steps` times. Walkers are taken `block` at a time: block = n is the plain loop
   over all walkers, a small block keeps its walkers in the first-level cache. Blocks are shared
   among threads when the file is compiled with OpenMP. An array of one number per walker is read
   with stride 1, a shared number with stride 0; the strides are constants, so the compiler sees
   which is which. */

#include <math.h>
#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#define PARALLEL _Pragma("omp parallel for schedule(static)")
#else
#define PARALLEL
#endif

#define INLINE static inline __attribute__((always_inline))
#define TWO_PI 6.283185307179586476925286766559

typedef int64_t count;
typedef struct { double x, y; } pair;
typedef struct { double xx, xy, yy; } symmetric;

/* ---- gradients and Hessians, by hand ---- */

INLINE pair rosenbrock(double x, double y, double a, double b)
{
    const double gap = y - x * x;
    return (pair){-2 * (a - x) - 4 * b * x * gap, 2 * b * gap};
}

INLINE pair himmelblau(double x, double y, double a, double b)
{
    const double u = x * x + y - a, w = x + y * y - b;
    return (pair){4 * x * u + 2 * w, 2 * u + 4 * y * w};
}

INLINE pair rastrigin(double x, double y, double a, double b)
{
    const double height = TWO_PI * a;
    (void)b;
    return (pair){2 * x + height * sin(TWO_PI * x), 2 * y + height * sin(TWO_PI * y)};
}

INLINE pair ackley(double x, double y, double a, double b)
{
    const double r = sqrt((x * x + y * y) / 2);
    const double funnel = a * b * exp(-b * r) / (2 * r);
    const double ripple = TWO_PI / 2 * exp((cos(TWO_PI * x) + cos(TWO_PI * y)) / 2);
    return (pair){funnel * x + ripple * sin(TWO_PI * x), funnel * y + ripple * sin(TWO_PI * y)};
}

INLINE symmetric rosenbrock_hessian(double x, double y, double a, double b)
{
    (void)a;
    return (symmetric){2 + 12 * b * x * x - 4 * b * y, -4 * b * x, 2 * b};
}

INLINE symmetric ackley_hessian(double x, double y, double a, double b)
{
    const double r = sqrt((x * x + y * y) / 2);
    const double funnel = a * b * exp(-b * r);
    const double bend = funnel * (1 / (4 * r * r * r) + b / (4 * r * r));
    const double ripple = exp((cos(TWO_PI * x) + cos(TWO_PI * y)) / 2);
    const double half = TWO_PI / 2, square = TWO_PI * TWO_PI / 2;
    const double sx = half * sin(TWO_PI * x), sy = half * sin(TWO_PI * y);
    return (symmetric){
        funnel / (2 * r) - bend * x * x + ripple * (square * cos(TWO_PI * x) - sx * sx),
        -bend * x * y - ripple * sx * sy,
        funnel / (2 * r) - bend * y * y + ripple * (square * cos(TWO_PI * y) - sy * sy)};
}

/* ---- rules: one block of walkers, then all blocks ---- */

/* LR, HYPER and LAND are 1 when that number differs between walkers, 0 when it is shared. */
#define ALL_BLOCKS(NAME, LR, HYPER, LAND)                                                          \
    void NAME(count n, count block, count steps, double *x, double *y, double *memory,             \
              const double *lr, const double *h1, const double *h2, const double *h3,              \
              const double *a, const double *b)                                                    \
    {                                                                                              \
        PARALLEL                                                                                   \
        for (count first = 0; first < n; first += block) {                                         \
            const count size = first + block < n ? block : n - first;                              \
            double *m = memory + 6 * first;                                                        \
            NAME##_block(size, steps, x + first, y + first, m, m + size, m + 2 * size,             \
                         m + 3 * size, m + 4 * size, m + 5 * size, lr + LR * first,                \
                         h1 + HYPER * first, h2 + HYPER * first, h3, a + LAND * first,             \
                         b + LAND * first);                                                        \
        }                                                                                          \
    }

#define BLOCK_ARGUMENTS                                                                            \
    count n, count steps, double *restrict x, double *restrict y, double *restrict mx,             \
        double *restrict my, double *restrict vx, double *restrict vy, double *restrict p1,        \
        double *restrict p2, const double *restrict lr, const double *restrict h1,                 \
        const double *restrict h2, const double *restrict h3, const double *restrict a,            \
        const double *restrict b

#define UNUSED(pointer) (void)(pointer)

#define GD(NAME, GRADIENT, LR, LAND)                                                               \
    static void NAME##_block(BLOCK_ARGUMENTS)                                                      \
    {                                                                                              \
        UNUSED(mx), UNUSED(my), UNUSED(vx), UNUSED(vy), UNUSED(p1), UNUSED(p2);                    \
        UNUSED(h1), UNUSED(h2), UNUSED(h3);                                                        \
        for (count t = 0; t < steps; t++)                                                          \
            for (count i = 0; i < n; i++) {                                                        \
                const pair g = GRADIENT(x[i], y[i], a[LAND * i], b[LAND * i]);                     \
                x[i] -= lr[LR * i] * g.x;                                                          \
                y[i] -= lr[LR * i] * g.y;                                                          \
            }                                                                                      \
    }                                                                                              \
    ALL_BLOCKS(NAME, LR, 0, LAND)

/* Heavy ball as torch and optax have it: h1 = beta. */
#define MOMENTUM(NAME, GRADIENT, LR, HYPER, LAND)                                                  \
    static void NAME##_block(BLOCK_ARGUMENTS)                                                      \
    {                                                                                              \
        UNUSED(vx), UNUSED(vy), UNUSED(p1), UNUSED(p2), UNUSED(h2), UNUSED(h3);                    \
        for (count i = 0; i < n; i++)                                                              \
            mx[i] = my[i] = 0;                                                                     \
        for (count t = 0; t < steps; t++)                                                          \
            for (count i = 0; i < n; i++) {                                                        \
                const pair g = GRADIENT(x[i], y[i], a[LAND * i], b[LAND * i]);                     \
                mx[i] = h1[HYPER * i] * mx[i] + g.x;                                               \
                my[i] = h1[HYPER * i] * my[i] + g.y;                                               \
                x[i] -= lr[LR * i] * mx[i];                                                        \
                y[i] -= lr[LR * i] * my[i];                                                        \
            }                                                                                      \
    }                                                                                              \
    ALL_BLOCKS(NAME, LR, HYPER, LAND)

/* Adam: h1 = beta1, h2 = beta2, h3 = eps. The powers of the betas are kept as running products,
   one for all walkers where the betas are shared, and the two divisions by the bias corrections
   become one reciprocal a step. */
#define ADAM(NAME, GRADIENT, LR, LAND)                                                             \
    static void NAME##_block(BLOCK_ARGUMENTS)                                                      \
    {                                                                                              \
        UNUSED(p1), UNUSED(p2);                                                                    \
        const double beta1 = *h1, beta2 = *h2, eps = *h3;                                          \
        double power1 = 1, power2 = 1;                                                             \
        for (count i = 0; i < n; i++)                                                              \
            mx[i] = my[i] = vx[i] = vy[i] = 0;                                                     \
        for (count t = 0; t < steps; t++) {                                                        \
            power1 *= beta1;                                                                       \
            power2 *= beta2;                                                                       \
            const double c1 = 1 / (1 - power1), c2 = 1 / (1 - power2);                             \
            for (count i = 0; i < n; i++) {                                                        \
                const pair g = GRADIENT(x[i], y[i], a[LAND * i], b[LAND * i]);                     \
                mx[i] = beta1 * mx[i] + (1 - beta1) * g.x;                                         \
                my[i] = beta1 * my[i] + (1 - beta1) * g.y;                                         \
                vx[i] = beta2 * vx[i] + (1 - beta2) * g.x * g.x;                                   \
                vy[i] = beta2 * vy[i] + (1 - beta2) * g.y * g.y;                                   \
                x[i] -= lr[LR * i] * (mx[i] * c1) / (sqrt(vx[i] * c2) + eps);                      \
                y[i] -= lr[LR * i] * (my[i] * c1) / (sqrt(vy[i] * c2) + eps);                      \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    ALL_BLOCKS(NAME, LR, 0, LAND)

#define ADAM_BETAS(NAME, GRADIENT, LR, LAND)                                                       \
    static void NAME##_block(BLOCK_ARGUMENTS)                                                      \
    {                                                                                              \
        const double eps = *h3;                                                                    \
        for (count i = 0; i < n; i++) {                                                            \
            mx[i] = my[i] = vx[i] = vy[i] = 0;                                                     \
            p1[i] = p2[i] = 1;                                                                     \
        }                                                                                          \
        for (count t = 0; t < steps; t++)                                                          \
            for (count i = 0; i < n; i++) {                                                        \
                const pair g = GRADIENT(x[i], y[i], a[LAND * i], b[LAND * i]);                     \
                p1[i] *= h1[i];                                                                    \
                p2[i] *= h2[i];                                                                    \
                const double c1 = 1 / (1 - p1[i]), c2 = 1 / (1 - p2[i]);                           \
                mx[i] = h1[i] * mx[i] + (1 - h1[i]) * g.x;                                         \
                my[i] = h1[i] * my[i] + (1 - h1[i]) * g.y;                                         \
                vx[i] = h2[i] * vx[i] + (1 - h2[i]) * g.x * g.x;                                   \
                vy[i] = h2[i] * vy[i] + (1 - h2[i]) * g.y * g.y;                                   \
                x[i] -= lr[LR * i] * (mx[i] * c1) / (sqrt(vx[i] * c2) + eps);                      \
                y[i] -= lr[LR * i] * (my[i] * c1) / (sqrt(vy[i] * c2) + eps);                      \
            }                                                                                      \
    }                                                                                              \
    ALL_BLOCKS(NAME, LR, 1, LAND)

/* ---- the same work in two passes, as toylands does it ----

   toylands joins any landscape with any rule without compiling the pair, so gradients pass through
   memory: one pass writes them for a block, the next steps with them. The same in C: the
   gradient pass and the step may not be inlined into each other. */

#define APART static __attribute__((noinline)) void

APART rosenbrock_pass(count n, const double *restrict x, const double *restrict y,
                      double *restrict gx, double *restrict gy, double a, double b)
{
    for (count i = 0; i < n; i++) {
        const pair g = rosenbrock(x[i], y[i], a, b);
        gx[i] = g.x;
        gy[i] = g.y;
    }
}

APART gd_pass(count n, double *restrict x, const double *restrict g, double lr)
{
    for (count i = 0; i < n; i++)
        x[i] -= lr * g[i];
}

APART adam_pass(count n, double *restrict x, const double *restrict g, double *restrict m,
                double *restrict v, double lr, double beta1, double beta2, double eps, double c1,
                double c2)
{
    for (count i = 0; i < n; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        x[i] -= lr * (m[i] * c1) / (sqrt(v[i] * c2) + eps);
    }
}

/* With one set of numbers for all walkers the rows p1 and p2 are free: they hold the gradient. */
static void gd_rosenbrock_apart_block(BLOCK_ARGUMENTS)
{
    UNUSED(mx), UNUSED(my), UNUSED(vx), UNUSED(vy), UNUSED(h1), UNUSED(h2), UNUSED(h3);
    for (count t = 0; t < steps; t++) {
        rosenbrock_pass(n, x, y, p1, p2, *a, *b);
        gd_pass(n, x, p1, *lr);
        gd_pass(n, y, p2, *lr);
    }
}
ALL_BLOCKS(gd_rosenbrock_apart, 0, 0, 0)

static void adam_rosenbrock_apart_block(BLOCK_ARGUMENTS)
{
    double power1 = 1, power2 = 1;
    for (count i = 0; i < n; i++)
        mx[i] = my[i] = vx[i] = vy[i] = 0;
    for (count t = 0; t < steps; t++) {
        power1 *= *h1;
        power2 *= *h2;
        const double c1 = 1 / (1 - power1), c2 = 1 / (1 - power2);
        rosenbrock_pass(n, x, y, p1, p2, *a, *b);
        adam_pass(n, x, p1, mx, vx, *lr, *h1, *h2, *h3, c1, c2);
        adam_pass(n, y, p2, my, vy, *lr, *h1, *h2, *h3, c1, c2);
    }
}
ALL_BLOCKS(adam_rosenbrock_apart, 0, 0, 0)

/* The name tells what differs between walkers: nothing, the rate, the hyper-parameters, the
   landscape's parameters. */
GD(gd_rosenbrock, rosenbrock, 0, 0)
GD(gd_rosenbrock_lr, rosenbrock, 1, 0)
GD(gd_rosenbrock_land, rosenbrock, 0, 1)
GD(gd_himmelblau, himmelblau, 0, 0)
GD(gd_rastrigin, rastrigin, 0, 0)
GD(gd_ackley, ackley, 0, 0)
MOMENTUM(momentum_rosenbrock_lr_hyper, rosenbrock, 1, 1, 0)
ADAM(adam_rosenbrock, rosenbrock, 0, 0)
ADAM(adam_rosenbrock_lr, rosenbrock, 1, 0)
ADAM(adam_rosenbrock_land, rosenbrock, 0, 1)
ADAM_BETAS(adam_rosenbrock_hyper, rosenbrock, 0, 0)

/* ---- one walker, path recorded: path[2 t], path[2 t + 1] ---- */

void gd_rosenbrock_path(count steps, double *path, double lr, double a, double b)
{
    double x = path[0], y = path[1];
    for (count t = 1; t <= steps; t++) {
        const pair g = rosenbrock(x, y, a, b);
        path[2 * t] = x -= lr * g.x;
        path[2 * t + 1] = y -= lr * g.y;
    }
}

void adam_rosenbrock_path(count steps, double *path, double lr, double beta1, double beta2,
                          double eps, double a, double b)
{
    double x = path[0], y = path[1], mx = 0, my = 0, vx = 0, vy = 0, power1 = 1, power2 = 1;
    for (count t = 1; t <= steps; t++) {
        const pair g = rosenbrock(x, y, a, b);
        power1 *= beta1;
        power2 *= beta2;
        const double c1 = 1 / (1 - power1), c2 = 1 / (1 - power2);
        mx = beta1 * mx + (1 - beta1) * g.x;
        my = beta1 * my + (1 - beta1) * g.y;
        vx = beta2 * vx + (1 - beta2) * g.x * g.x;
        vy = beta2 * vy + (1 - beta2) * g.y * g.y;
        path[2 * t] = x -= lr * (mx * c1) / (sqrt(vx * c2) + eps);
        path[2 * t + 1] = y -= lr * (my * c1) / (sqrt(vy * c2) + eps);
    }
}

/* ---- exact Hessians: point i in theta[2 i], its matrix in hessians[4 i] ---- */

#define HESSIANS(NAME)                                                                             \
    void NAME##_hessians(count n, const double *restrict theta, double *restrict hessians,         \
                         double a, double b)                                                       \
    {                                                                                              \
        PARALLEL                                                                                   \
        for (count i = 0; i < n; i++) {                                                            \
            const symmetric h = NAME##_hessian(theta[2 * i], theta[2 * i + 1], a, b);              \
            hessians[4 * i] = h.xx;                                                                \
            hessians[4 * i + 1] = hessians[4 * i + 2] = h.xy;                                      \
            hessians[4 * i + 3] = h.yy;                                                            \
        }                                                                                          \
    }

HESSIANS(rosenbrock)
HESSIANS(ackley)
