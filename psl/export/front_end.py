"""The front end as an ONNX graph: the values of psl.features.log_mel in float32, for a batch of any length.

The transform is a convolution with the windowed waves of a DFT: half the time of onnxruntime's STFT. The waves are
computed when a session opens, from their numbers, as a stored table would be as large as a small network.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper, parser

from psl.config import FrontEndParams
from psl.features.log_mel import MIN_POWER, front_end

IR_VERSION, OPSET = 8, 17  # read by onnxruntime 1.12 and later
FLOAT, DOUBLE = int(onnx.TensorProto.FLOAT), int(onnx.TensorProto.DOUBLE)

# B clips, T samples, N samples of a frame, K bins of the transform, S frames, F mel bands.
GRAPH = """
<ir_version: {ir_version}, opset_import: ["": {opset}]>
front_end (float[B,T] x_BT) => (float[B,S,F] mel_BSF)
{{
  zero = Constant <value_ints = [0]> ()
  one = Constant <value_ints = [1]> ()

  frame = Constant <value_ints = [{n_fft}]> ()
  shape = Shape (x_BT)
  samples = Gather (shape, one)
  lacking = Sub (frame, samples)
  zeros = Max (lacking, zero)
  zeros_after = Concat <axis = 0> (zero, zero, zero, zeros)
  filled_BT = Pad (x_BT, zeros_after)
  half_frames = Constant <value_ints = [0, {half}, 0, {half}]> ()
  reflected_BT = Pad <mode = "reflect"> (filled_BT, half_frames)
  x_B1T = Unsqueeze (reflected_BT, one)

  turn = Constant <value = double {{{radians}}}> ()
  product_KN = Mul (bin_K1, sample_1N)
  step_KN = Mod (product_KN, frame)
  step_double_KN = Cast <to = {double}> (step_KN)
  angle_KN = Mul (step_double_KN, turn)
  cos_KN = Cos (angle_KN)
  sin_KN = Sin (angle_KN)
  wave_2KN = Concat <axis = 0> (cos_KN, sin_KN)
  windowed_2KN = Mul (wave_2KN, window_N)
  float_2KN = Cast <to = {float}> (windowed_2KN)
  kernel = Unsqueeze (float_2KN, one)

  spectrum = Conv <strides = [{hop}]> (x_B1T, kernel)
  squared = Mul (spectrum, spectrum)
  real_BKS, imaginary_BKS = Split <axis = 1> (squared)
  power_BKS = Add (real_BKS, imaginary_BKS)
  power_BSK = Transpose <perm = [0, 2, 1]> (power_BKS)
  power_BSF = MatMul (power_BSK, filter_KF)

  least = Constant <value_float = {min_power}> ()
  audible_BSF = Max (power_BSF, least)
  log_BSF = Log (audible_BSF)
  db_per_neper = Constant <value_float = {db_per_neper}> ()
  db_BSF = Mul (log_BSF, db_per_neper)
  range = Constant <value_float = {dynamic_range_db}> ()
  maximum = ReduceMax <axes = [1, 2], keepdims = 1> (db_BSF)
  floor = Sub (maximum, range)
  mel_BSF = Max (db_BSF, floor)
}}
"""


def front_end_model(params: FrontEndParams) -> onnx.ModelProto:
    """From waveforms x_BT to log-mel spectrograms mel_BSF in dB, not rounded to float16 as the stored features are.

    A clip's values do not depend on the others of its batch. Same parameters, same bytes.
    """
    text = GRAPH.format(
        ir_version=IR_VERSION,
        opset=OPSET,
        n_fft=params.n_fft,
        half=params.n_fft // 2,
        hop=params.hop_length_samples,
        radians=2 * math.pi / params.n_fft,
        min_power=MIN_POWER,
        db_per_neper=10 / math.log(10),
        dynamic_range_db=params.dynamic_range_db,
        float=FLOAT,
        double=DOUBLE,
    )
    model = parser.parse_model(text)
    tables: dict[str, npt.NDArray[Any]] = {
        "bin_K1": np.arange(params.n_fft // 2 + 1)[:, None],
        "sample_1N": np.arange(params.n_fft)[None, :],
        "window_N": front_end(params).window_T.astype(np.float64),
        "filter_KF": front_end(params).filters_BF,
    }
    model.graph.initializer.extend(numpy_helper.from_array(table, name) for name, table in tables.items())
    return model
