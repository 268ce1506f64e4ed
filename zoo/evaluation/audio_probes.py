"""What is said, read by a linear probe from speakers it never heard."""

import itertools
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from zoo.evaluation.probes import (
    MAX_ITERATIONS,
    STRENGTHS,
    TOLERANCE,
    chance,
    standardiser,
)

MOST_SPEAKERS = 10  # Those with the most recordings take turns


def held_out_speakers(z, y, speakers, tested, names, seed: int = 0) -> dict:
    """Fit a softmax regression without each speaker in turn, test on theirs.

    Dimensions are standardised by the fitted recordings. The strength of the
    penalty is chosen for each fold on its other speakers, each left out in
    turn once more, without any recording of the test split.

    Args:
        z: `(recordings, dim)` embeddings.
        y: `(recordings,)` labels.
        speakers: `(recordings,)` ints.
        tested: `(recordings,)` bools, those of the test split.
        names: Tuple of strings, of the speakers.
        seed: Int, passed to the classifier. Defaults to `0`.

    Returns:
        Dict: `accuracy`, the mean over folds, each fitted and tested on
        recordings of all splits; `folds`, from speaker to accuracy; `chance`,
        of the commonest label; `untested`, the mean over folds fitted and
        tested without the test split, for the choice of settings.

    Raises:
        ValueError: There is something `lacking`.
    """
    reason = lacking(y, speakers, tested)
    if reason is not None:
        raise ValueError(
            f"`held_out_speakers` {reason}. Received: recordings of "
            f"{len(np.unique(speakers))} speakers, {len(np.unique(y))} labels"
        )
    turns = _turns(speakers)
    scores = np.zeros((len(names), len(STRENGTHS)))
    for pair in itertools.combinations(turns, 2):
        # One fit chooses for both: each of the two is the other's validation.
        out = np.isin(speakers, pair)
        fit = ~out & ~tested
        asked = [(speakers == one) & ~tested for one in pair]
        found = _accuracies(z, y, fit, asked, STRENGTHS, seed)
        scores[pair[0]] += found[:, 1]
        scores[pair[1]] += found[:, 0]
    folds, floor, untested = {}, [], []
    for one in turns:
        strength = [STRENGTHS[int(np.argmax(scores[one]))]]
        own = speakers == one
        ((all_splits,),) = _accuracies(z, y, ~own, [own], strength, seed)
        fit, asked = ~own & ~tested, [own & ~tested]
        ((some,),) = _accuracies(z, y, fit, asked, strength, seed)
        folds[names[one]] = float(all_splits)
        untested.append(some)
        floor.append(chance(y[~own], y[own]))
    return {
        "accuracy": float(np.mean(list(folds.values()))),
        "folds": folds,
        "chance": float(np.mean(floor)),
        "untested": float(np.mean(untested)),
    }


def lacking(y, speakers, tested) -> str | None:
    """Return what `held_out_speakers` needs and is not given, or `None`.

    Args:
        y, speakers, tested: As there.
    """
    turns = _turns(speakers)
    if len(turns) < 3:
        return "needs three speakers or more"
    for pair in itertools.combinations(turns, 2):
        fit = ~np.isin(speakers, pair) & ~tested
        if len(np.unique(y[fit])) < 2:
            return "needs two labels or more without any two of the speakers"
    return None


def _turns(speakers):
    """Return the speakers that take turns, sorted."""
    found, counts = np.unique(speakers, return_counts=True)
    return np.sort(found[np.argsort(-counts, kind="stable")][:MOST_SPEAKERS])


def _accuracies(z, y, fit, asked, strengths, seed):
    """Return `(strengths, asked)` accuracies; those of no recording are 0."""
    scale = standardiser(z[fit])
    z_fit, rows = scale(z[fit]), np.count_nonzero(fit)
    model = LogisticRegression(
        warm_start=True,
        max_iter=MAX_ITERATIONS,
        tol=TOLERANCE,
        random_state=seed,
    )
    found = np.zeros((len(strengths), len(asked)))
    for i, strength in enumerate(strengths):
        model.set_params(C=1 / (rows * strength))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(z_fit, y[fit])
        for j, some in enumerate(asked):
            if some.any():
                found[i, j] = np.mean(model.predict(scale(z[some])) == y[some])
    return found
