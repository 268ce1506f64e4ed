"""How gradient gets through, or around, a code.

An estimator says how a bottleneck is trained; it changes nothing else.
`get("gumbel")` and `get(Gumbel(temperature=0.5))` both give an estimator.
"""

from keras_ae.estimators.constant_temperature import ConstantTemperature
from keras_ae.estimators.disarm import DisARM
from keras_ae.estimators.draws import Draws
from keras_ae.estimators.estimator import Estimator
from keras_ae.estimators.exact import Exact
from keras_ae.estimators.exponential_temperature import (
    ExponentialTemperature,
)
from keras_ae.estimators.get import get, names
from keras_ae.estimators.gumbel import Gumbel
from keras_ae.estimators.gumbel_straight_through import (
    GumbelStraightThrough,
)
from keras_ae.estimators.leave_one_out import LeaveOneOut
from keras_ae.estimators.linear_temperature import LinearTemperature
from keras_ae.estimators.reinforce import Reinforce
from keras_ae.estimators.rotation import Rotation
from keras_ae.estimators.score_estimator import ScoreEstimator
from keras_ae.estimators.straight_through import StraightThrough
from keras_ae.estimators.temperature import Temperature
from keras_ae.estimators.trainable_temperature import TrainableTemperature

__all__ = [
    "ConstantTemperature",
    "DisARM",
    "Draws",
    "Estimator",
    "Exact",
    "ExponentialTemperature",
    "Gumbel",
    "GumbelStraightThrough",
    "LeaveOneOut",
    "LinearTemperature",
    "Reinforce",
    "Rotation",
    "ScoreEstimator",
    "StraightThrough",
    "Temperature",
    "TrainableTemperature",
    "get",
    "names",
]
