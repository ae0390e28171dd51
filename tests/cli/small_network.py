"""A network that is trained in a second."""

SETTINGS = """
[features]
kind = "mel"
n_mels = 10
sample_rate = 8000
[model]
conv_channels = [8]
conv_kernels = [[5]]
conv_strides = [[2]]
rnn = "gru"
rnn_layers = 1
rnn_size = 8
[batch]
seconds = 8.0
[train]
epochs = 2
"""
