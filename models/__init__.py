"""Network architectures, one file each: its `build(n_classes, *, ...)` makes the network, its keywords are the options.

A network returns, for mel_BTF, the probabilities of the clips p_BC and of their time steps p_BTC. One that transfers
has the parts `classifier`, which knows the classes, and `features`, which is the rest.
"""
