"""How a network is described to the compiled code: two rows of numbers, found by address.

The kernels are compiled once for all networks. What they compute is said by an array of integers
(sizes, choices, offsets into theta) and a short one of floats; a new network compiles nothing.
"""

from __future__ import annotations

# fmt: off
# positions in the description of a network
(
    CORE,      # address of the compiled core (see `core`)
    LAYERS,    # L: hidden layers and the output layer
    DIM,       # d: length of theta
    INPUTS,    # columns of x
    OUTPUTS,   # columns of y
    ROWS,      # inputs, hidden units and outputs: every one is a row of samples
    LOSS,      # position in LOSSES
    NORM,      # position in NORMS
    MASKED,    # whether hidden units have dropout masks
    TILE,      # samples that are worked on at a time
    NUMBERS,   # address of the floats below
    HEADER,    # where the layers begin
) = range(12)
# positions in the description of a layer; layer number l = 1 ... L begins at HEADER + (l - 1) LAYER
(
    FAN,       # units of the layer below
    UNITS,
    WEIGHTS,   # where W, shape (UNITS, FAN), begins in theta
    BIAS,      # where b begins in theta; -1 without
    FIRST,     # its first row; the rows of the layer below end there
    PHI,       # position in ACTIVATIONS
    SKIP,      # whether a skip connection runs around it
    LAYER,
) = range(8)
EPS, BRANCH, NUMBER_COUNT = range(3)  # positions in the floats
# fmt: on

#: activations, in the order of their codes
ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu", "softplus", "erf", "gelu")
IDENTITY, TANH, SIGMOID, RELU, SOFTPLUS, ERF, GELU = range(len(ACTIVATIONS))
#: phi(c z) = c phi(z) for every c > 0
HOMOGENEOUS = ("identity", "relu")
#: phi(-z) = -phi(z)
ODD = ("identity", "tanh", "erf")
#: losses, in the order of their codes
LOSSES = ("mse", "half_mse", "bce", "cross_entropy")
MSE, HALF_MSE, BCE, CROSS_ENTROPY = range(len(LOSSES))
#: normalisations, in the order of their codes
NORMS = (None, "batch", "layer")
NO_NORM, BATCH_NORM, LAYER_NORM = range(len(NORMS))
