// What the solid stage gives to the graphics card: the shaders, the mesh of the ground, the trails laid on it.

export const TERRAIN_FLOATS = 6; // x, y, share, two slopes, wall
export const RIBBON_FLOATS = 7; // from, to, how far along the trail it begins

export const TERRAIN_VERTEX = `#version 300 es
layout(location = 0) in vec3 place;
layout(location = 1) in vec3 look;
uniform mat4 camera;
uniform vec3 box;      // half width, half depth, height of one band
out vec2 plane;
out vec3 slope;
out float share;
void main() {
  share = place.z;
  slope = look;
  plane = place.xy / box.xy * 0.5 + 0.5;
  gl_Position = camera * vec4(place.xy, place.z * box.z, 1.0);
}`;

export const TERRAIN_FRAGMENT = `#version 300 es
precision highp float;
in vec2 plane;
in vec3 slope;
in float share;
uniform sampler2D bands;
uniform sampler2D basin;
uniform vec3 light;
uniform vec3 lineColor;
uniform vec3 wallColor;
uniform vec3 hatchPaper;
uniform vec3 hatchInk;
uniform float lineAlpha, lineWidth, count, basinShare;
out vec4 color;
void main() {
  vec3 ground = texelFetch(bands, ivec2(clamp(int(share), 0, int(count) - 1), 0), 0).rgb;
  if (basinShare > 0.0) {
    vec4 end = texture(basin, plane);
    float stripe = step(0.8, fract((gl_FragCoord.x + gl_FragCoord.y) / (7.0 * lineWidth))) * 0.5;
    ground = mix(ground, mix(mix(hatchPaper, hatchInk, stripe), end.rgb, end.a), basinShare);
  }
  float shine = max(dot(normalize(vec3(-slope.xy, 1.0)), light), 0.0);
  vec3 lit = ground * (0.60 + 0.52 * shine);
  float width = fwidth(share);
  float near = abs(fract(share - 0.5) - 0.5) / max(width, 1e-6);
  float inner = step(0.5, share) * step(share, count - 0.5);
  float line = (1.0 - smoothstep(0.5 * lineWidth - 0.5, 0.5 * lineWidth + 0.5, near)) * inner * (1.0 - smoothstep(0.15, 0.5, width));
  lit = mix(lit, lineColor, line * lineAlpha);
  color = vec4(mix(lit, mix(wallColor, lit, 0.22), slope.z), 1.0);
}`;

// A ribbon is one capsule a segment, always facing the eye: the quad is widened in pixels, the round ends are cut
// out by distance.
export const RIBBON_VERTEX = `#version 300 es
layout(location = 0) in vec3 from;
layout(location = 1) in vec3 to;
layout(location = 2) in float begun;
uniform mat4 camera;
uniform vec2 screen;   // pixels
uniform float width;   // pixels
uniform float bias;    // towards the eye, so that the surface does not swallow the trail
out vec2 spot;
out float along;
flat out float span;
void main() {
  vec4 a = camera * vec4(from, 1.0), b = camera * vec4(to, 1.0);
  vec2 p = a.xy / a.w * 0.5 * screen, q = b.xy / b.w * 0.5 * screen;
  span = length(q - p);
  vec2 ahead = span > 1e-4 ? (q - p) / span : vec2(1.0, 0.0);
  vec2 across = vec2(-ahead.y, ahead.x);
  float end = float(gl_VertexID & 1), side = float(gl_VertexID >> 1) * 2.0 - 1.0;
  float reach = 0.5 * width + 1.0;
  spot = vec2(mix(-reach, span + reach, end), side * reach);
  float depth = mix(a.z / a.w, b.z / b.w, end);
  along = begun + length(to - from) * spot.x / max(span, 1e-4);
  gl_Position = vec4((p + ahead * spot.x + across * spot.y) / (0.5 * screen), depth - bias, 1.0);
}`;

export const RIBBON_FRAGMENT = `#version 300 es
precision highp float;
in vec2 spot;
in float along;
flat in float span;
uniform vec4 ink;
uniform vec4 dash;     // on, off, on, off along the trail; all 0: a solid line
uniform float width;
out vec4 color;
void main() {
  float turn = dash.x + dash.y + dash.z + dash.w;
  if (turn > 0.0) {
    float at = mod(along, turn);
    if (at > dash.x && (at < dash.x + dash.y || at > turn - dash.w)) discard;
  }
  float away = length(vec2(spot.x - clamp(spot.x, 0.0, span), spot.y));
  float cover = clamp(0.5 * width - away + 0.5, 0.0, 1.0);
  if (cover <= 0.0) discard;
  color = vec4(ink.rgb, 1.0) * ink.a * cover;
}`;

/** Compile and link a program; its uniforms' places by name. */
export function programOf(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`the graphics driver refused a shader: ${[...logs, gl.getProgramInfoLog(program)].join(" ")}`);
  }
  const places = {};
  for (let k = 0; k < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); k += 1) {
    const { name } = gl.getActiveUniform(program, k);
    places[name] = gl.getUniformLocation(program, name);
  }
  return { program, places };
}

/**
 * The mesh of a grid of shares (rows x columns, NaN where there is no ground) over [-bx, bx] x [-by, by].
 *
 * Returns {vertices, triangles}: six floats a vertex (x, y, share, slope in x, slope in y, wall), with walls
 * down from the four sides. `unit` is the height of one share.
 */
export function meshOf(shares, rows, columns, bx, by, unit) {
  const n = rows * columns;
  const ring = [];
  for (let i = 0; i < columns; i += 1) ring.push(i);
  for (let j = 1; j < rows; j += 1) ring.push(j * columns + columns - 1);
  for (let i = columns - 2; i >= 0; i -= 1) ring.push((rows - 1) * columns + i);
  for (let j = rows - 2; j >= 0; j -= 1) ring.push(j * columns);
  const vertices = new Float32Array(TERRAIN_FLOATS * (n + 2 * ring.length));
  const triangles = new Uint32Array(6 * ((rows - 1) * (columns - 1) + ring.length - 1));
  const [dx, dy] = [(2 * bx) / (columns - 1), (2 * by) / (rows - 1)];
  const slope = (low, high, run) => (Number.isFinite(high - low) ? ((high - low) * unit) / run : 0);
  for (let j = 0, at = 0; j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1, at += TERRAIN_FLOATS) {
      const k = j * columns + i;
      const [w, e] = [i > 0 ? 1 : 0, i < columns - 1 ? 1 : 0];
      const [s, m] = [j > 0 ? columns : 0, j < rows - 1 ? columns : 0];
      vertices[at] = -bx + i * dx;
      vertices[at + 1] = -by + j * dy;
      vertices[at + 2] = Number.isFinite(shares[k]) ? shares[k] : 0;
      vertices[at + 3] = slope(shares[k - w], shares[k + e], (w + e) * dx);
      vertices[at + 4] = slope(shares[k - s], shares[k + m], ((s + m) / columns) * dy);
    }
  }
  let count = 0;
  const quad = (a, b, c, d) => {
    for (const corner of [a, b, c, a, c, d]) { triangles[count] = corner; count += 1; }
  };
  for (let j = 0; j < rows - 1; j += 1) {
    for (let i = 0; i < columns - 1; i += 1) {
      const k = j * columns + i;
      const sum = shares[k] + shares[k + 1] + shares[k + columns] + shares[k + columns + 1];
      if (sum - sum === 0) quad(k, k + 1, k + columns + 1, k + columns);
    }
  }
  ring.forEach((k, at) => { // each wall vertex twice: at the surface and on the floor
    for (const floor of [0, 1]) {
      const to = TERRAIN_FLOATS * (n + 2 * at + floor);
      vertices.set(vertices.subarray(TERRAIN_FLOATS * k, TERRAIN_FLOATS * (k + 1)), to);
      if (floor) vertices[to + 2] = 0;
      vertices[to + 5] = 1;
    }
    if (at === 0 || !Number.isFinite(shares[k] + shares[ring[at - 1]])) return;
    const a = n + 2 * at;
    quad(a - 2, a, a + 1, a - 1);
  });
  return { vertices, triangles: triangles.subarray(0, count) };
}

/**
 * Lay a clipped trail on the ground: segments [x0, y0, z0, x1, y1, z1, way] in pieces no longer than `piece`; `way` is
 * how long the trail is before it.
 *
 * `height(x, y)` is the ground, NaN where there is none (such pieces are left out). Returns {segments, count,
 * passed, upto}: upto[row] is the number of segments to draw when the walker is at that row, passed[k] that of the first
 * k vertices.
 */
export function drape(trail, height, piece, lift) {
  const out = [];
  const passed = new Int32Array(trail.count + 1);
  let way = 0;
  for (let k = 0; k < trail.count; k += 1) {
    if (trail.pen[k] && k > 0) {
      const [x0, y0, x1, y1] = [trail.x[k - 1], trail.y[k - 1], trail.x[k], trail.y[k]];
      const parts = Math.max(1, Math.min(400, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / piece)));
      let [px, py, pz] = [x0, y0, height(x0, y0) + lift];
      for (let n = 1; n <= parts; n += 1) {
        const x = x0 + ((x1 - x0) * n) / parts;
        const y = y0 + ((y1 - y0) * n) / parts;
        const z = height(x, y) + lift;
        if (z - z === 0 && pz - pz === 0) {
          out.push(px, py, pz, x, y, z, way);
          way += Math.hypot(x - px, y - py, z - pz);
        }
        [px, py, pz] = [x, y, z];
      }
    }
    passed[k + 1] = out.length / RIBBON_FLOATS;
  }
  return { segments: Float32Array.from(out), count: out.length / RIBBON_FLOATS, passed, upto: trail.upto.map((k) => passed[k]) };
}
