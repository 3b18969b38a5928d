"""How a network is described to the compiled code: two rows of numbers, found by address.

What is computed is said by an array of integers (addresses of compiled parts, sizes, choices, offsets
into theta) and a short one of floats. Parts are compiled once for all networks, each when the first
network needs it (see `parts`); a network like one before compiles nothing.
"""

from __future__ import annotations

# fmt: off
# positions in the description of a network
(
    # addresses of compiled parts; 0: not needed so far
    CORE, GATHER, BEGIN, MULTIPLY, CORRELATE, FORWARD, JUDGE, BACKWARD,  # loss and gradient
    FORWARD_ALONG, JUDGE_ALONG, BACKWARD_ALONG, CURVE,                   # second derivatives
    MEANS, NORMALISE, PROJECT, TURN,                                     # normalisation
    LAYERS,    # L: hidden layers and the output layer
    DIM,       # d: length of theta
    INPUTS,    # columns of x
    OUTPUTS,   # columns of y
    ROWS,      # inputs, hidden units and outputs: every one is a row of samples
    SQUARE,    # for squared losses: what dL/df is per residual, 1 or 2
    NORM,      # position in NORMS
    MASKED,    # whether hidden units have dropout masks
    TILE,      # samples that are worked on at a time
    NUMBERS,   # address of the floats below
    STARVED,   # set when there was no memory to work in
    HEADER,    # where the layers begin
) = range(28)
# positions in the description of a layer; layer number l = 1 ... L begins at HEADER + (l - 1) LAYER
(
    FAN,       # units of the layer below
    UNITS,
    WEIGHTS,   # where W, shape (UNITS, FAN), begins in theta
    BIAS,      # where b begins in theta; -1 without
    FIRST,     # its first row; the rows of the layer below end there
    ACTIVATE,  # address of its activation
    SKIP,      # whether a skip connection runs around it
    LAYER,
) = range(8)
EPS, BRANCH, NUMBER_COUNT = range(3)  # positions in the floats
# fmt: on

#: the names of activations
ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu", "softplus", "erf", "gelu")
#: phi(c z) = c phi(z) for every c > 0
HOMOGENEOUS = ("identity", "relu")
#: phi(-z) = -phi(z)
ODD = ("identity", "tanh", "erf")
#: the names of losses
LOSSES = ("mse", "half_mse", "bce", "cross_entropy")
#: normalisations, in the order of their codes
NORMS = (None, "batch", "layer")
NO_NORM, BATCH_NORM, LAYER_NORM = range(len(NORMS))
#: what is asked of the core; FINISH ends a Hessian that was shared out
ONLY_LOSS, GRADIENT, HESSIAN, ALONG, FINISH = range(5)
