"""Let TF-Agents have the Keras 2 it was written for."""

import importlib.util
import os
import sys

_EXTRA = "Install the extra: pip install 'keras-ae[rl]', on Python 3.11."


def use_legacy_keras():
    """Point `tf.keras` at `tf_keras`, before or after TensorFlow's import.

    `tf.keras` is resolved at its first use, so the order of the imports does
    not matter as long as nobody has used `tf.keras`.

    Raises:
        ImportError: If TF-Agents or `tf_keras` is missing, or `tf.keras` was
            already used as Keras 3.
    """
    for package in ("tf_agents", "tf_keras"):
        if importlib.util.find_spec(package) is None:
            raise ImportError(f"`rl` needs the package {package}. {_EXTRA}")
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return
    found = tensorflow.keras.Model.__module__.split(".")[0]
    if found != "tf_keras":
        raise ImportError(
            "`rl` needs `tf.keras` to be tf_keras, and it was already used "
            "as Keras 3. Move `import rl` above the first line that uses "
            f"`tf.keras`. Received: tf.keras.Model from {found}"
        )
