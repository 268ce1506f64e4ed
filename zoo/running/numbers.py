"""The headline numbers of an evaluation, flat, and their floors."""

from collections.abc import Mapping


def _feature(name):
    at = f"features.{name}"
    floors = ("raw_pixels", "random_encoder")
    where = {floor: f"{at}.floors.{floor}.accuracy" for floor in floors}
    where["chance"] = f"{at}.floors.chance"
    words = f"linear probe on `{name}`, fitted on all training images."
    return f"{at}.accuracy", where, f"Test accuracy of a {words}"


def _task(name, what):
    at = f"tasks.{name}"
    floors = ("tfidf", "mean_words", "random_encoder", "chance")
    where = {floor: f"{at}.floors.{floor}" for floor in floors}
    return f"{at}.accuracy", where, f"Accuracy of ten folds on {what}."


def _next_of(count):
    at = f"retrieval.{count}"
    where = {f: f"{at}.floors.{f}" for f in ("random_encoder", "chance")}
    words = f"Share of next sentences found among {count}."
    return f"{at}.accuracy", where, words


def _heard(at, nested, words):
    where = {
        floor: f"{at}.floors.{floor}" + (".accuracy" if nested else "")
        for floor in ("log_mel", "random_encoder")
    }
    where["chance"] = f"{at}.floors.chance"
    return f"{at}.accuracy", where, words


# name: (where in the evaluation, {floor: where}, what it says)
_TABLE = {
    "linear_accuracy": (
        "probe.linear",
        {
            "raw_pixels": "floors.raw_pixels.linear",
            "pca": "floors.pca.linear",
            "random_encoder": "floors.random_encoder.linear",
            "chance": "floors.chance",
        },
        "Test accuracy of a linear probe on the embedding.",
    ),
    "knn_accuracy": (
        "probe.knn",
        {
            "raw_pixels": "floors.raw_pixels.knn",
            "pca": "floors.pca.knn",
            "random_encoder": "floors.random_encoder.knn",
            "chance": "floors.chance",
        },
        "Test accuracy of nearest neighbours on the embedding.",
    ),
    "conv_accuracy": _feature("conv"),
    "fc_accuracy": _feature("fc"),
    "embedding_accuracy": _feature("embedding"),
    "sentence_accuracy": _task("mean", "MR, SUBJ and CR, their mean"),
    "mr_accuracy": _task("mr", "film reviews, for or against"),
    "subj_accuracy": _task("subj", "subjective or objective"),
    "cr_accuracy": _task("cr", "customer reviews, for or against"),
    "next_of_10": _next_of(10),
    "next_of_100": _next_of(100),
    "next_of_400": _next_of(400),
    "held_out_speaker_accuracy": _heard(
        "held_out_speaker",
        True,
        "Linear probe of the label, on each speaker in turn, fitted on the "
        "others.",
    ),
    "left_out_speaker_accuracy": _heard(
        "left_out_speaker",
        False,
        "The same probe on the speaker whom the encoder never heard either.",
    ),
    "label_accuracy": _heard("label", True, "Linear probe of the label."),
    "speaker_accuracy": _heard("speaker", True, "Linear probe of the speaker."),
    "ahead_accuracy": (
        "prediction.mean_accuracy",
        {
            "random_encoder": "prediction.floors.random_encoder",
            "chance": "prediction.floors.chance",
        },
        "Share of true frames found, a mean over the steps ahead.",
    ),
    "ahead_loss": (
        "prediction.loss",
        {"log_candidates": "prediction.log_candidates"},
        "Loss of telling the frames ahead, nats.",
    ),
    "word_perplexity": (
        "perplexity.words",
        {
            "unigram": "perplexity.unigram",
            "other_message": "perplexity.other_message",
        },
        "Perplexity of the words of both neighbours.",
    ),
    "nmi": (
        "clustering.nmi",
        {
            "raw_pixels": "clustering.floors.raw_pixels",
            "random_encoder": "clustering.floors.random_encoder",
        },
        "Normalised mutual information of clusters and labels.",
    ),
    "nmse": (
        "reconstruction.nmse",
        {
            "pca_same_size": "reconstruction.pca_same_size.nmse",
            "pca_same_bits": "reconstruction.pca_same_bits.nmse",
        },
        "Squared error of reconstructions over the variance of the images.",
    ),
    "bound": (
        "bounds.bound",
        {},
        "Minus the log-likelihood bound with many hard codes drawn, nats.",
    ),
    "nelbo": (
        "bounds.nelbo",
        {},
        "The same with one hard code, the negative evidence lower bound.",
    ),
    "relaxation_gap": (
        "bounds.relaxation_gap",
        {},
        "Loss with hard codes less that with the codes of training.",
    ),
    "embedding_size": ("probe.dim", {}, "Numbers in one embedding."),
    "bits_per_image": ("codes.bits_per_image", {}, "Bits of one code."),
    "entropy_bits": (
        "codes.entropy_bits",
        {},
        "Entropy of the positions of a code, added up.",
    ),
    "num_codes": ("codes.num_codes", {}, "Values one index can take."),
    "codes_used": ("codes.codes_used", {}, "Values used on the test set."),
    "codes_used_share": (
        "codes.codes_used_share",
        {},
        "Share of the codes used on the test set.",
    ),
    "perplexity": (
        "codes.perplexity",
        {},
        "Perplexity of the code over the test set.",
    ),
    "distinct_combinations": (
        "codes.distinct_combinations",
        {},
        "Different whole codes on the test set.",
    ),
    "novel_confidence": (
        "novelty.confidence.novel",
        {
            "reconstructions": "novelty.confidence.reconstructions",
            "real": "novelty.confidence.real",
            "blends": "novelty.confidence.blends",
            "noise": "novelty.confidence.noise",
            "shuffled": "novelty.confidence.shuffled",
        },
        "Confidence of a classifier in images of unseen bit combinations.",
    ),
    "effective_rank": (
        "collapse.effective_rank",
        {},
        "Directions that the embedding varies along.",
    ),
    "active_share": (
        "collapse.active_share",
        {},
        "Share of the embedding's dimensions that vary.",
    ),
    "uniformity": (
        "collapse.uniformity",
        {},
        "Evenness on the sphere: 0 is collapse, lower is more even.",
    ),
    "alignment": (
        "collapse.alignment",
        {},
        "Distance on the sphere of two images or recordings of one label, or "
        "of two sentences that follow each other.",
    ),
}

# Numbers with a better and a worse direction, against their floors.
HIGHER_IS_BETTER = {
    "linear_accuracy": True,
    "knn_accuracy": True,
    "conv_accuracy": True,
    "fc_accuracy": True,
    "embedding_accuracy": True,
    "sentence_accuracy": True,
    "mr_accuracy": True,
    "subj_accuracy": True,
    "cr_accuracy": True,
    "next_of_10": True,
    "next_of_100": True,
    "next_of_400": True,
    "held_out_speaker_accuracy": True,
    "left_out_speaker_accuracy": True,
    "label_accuracy": True,
    "ahead_accuracy": True,
    "ahead_loss": False,
    "word_perplexity": False,
    "nmi": True,
    "nmse": False,
}

FLOOR_MEANINGS = {
    "pca_same_size": "as many principal components as the embedding has "
    "numbers, in real numbers: exact from as many as there are pixels",
    "pca_same_bits": "principal components in as many bits as the code has, "
    "each coefficient with a Lloyd-Max quantiser, each bit given where the "
    "training error is the largest",
    "other_message": "the decoders, given another sentence's embedding",
    "blends": "means of two test images",
    "shuffled": "test images with each pixel shuffled among them",
}

# A floor of equal cost, where there is one, is the only one compared with.
_FAIR = {"nmse": "pca_same_bits"}

MEANINGS = {name: meaning for name, (_, _, meaning) in _TABLE.items()}


def gain(name: str, value: float, floors: Mapping) -> float:
    """Return how much better a number is than its best floor.

    Args:
        name: Str, a key of `HIGHER_IS_BETTER`.
        value: Float.
        floors: Dict from floor to float, not empty.
    """
    sign = 1 if HIGHER_IS_BETTER[name] else -1
    fair = _FAIR.get(name)
    compared = [floors[fair]] if fair in floors else floors.values()
    return sign * value - max(sign * floor for floor in compared)


def flat_numbers(evaluation: Mapping) -> tuple[dict, dict]:
    """Return `{name: value}` and `{name: {floor: value}}`.

    Args:
        evaluation: The dict of `zoo.evaluation.evaluate_images`. What it does
            not have is left out.
    """
    numbers, floors = {}, {}
    for name, (path, floor_paths, _) in _TABLE.items():
        value = _at(evaluation, path)
        if value is None:
            continue
        numbers[name] = value
        found = {key: _at(evaluation, at) for key, at in floor_paths.items()}
        found = {key: v for key, v in found.items() if v is not None}
        if found:
            floors[name] = found
    return numbers, floors


def _at(tree: Mapping, path: str):
    for key in path.split("."):
        if not isinstance(tree, Mapping) or key not in tree:
            return None
        tree = tree[key]
    if isinstance(tree, bool) or not isinstance(tree, (int, float)):
        return None
    return tree
