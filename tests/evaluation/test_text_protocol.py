"""Text: three tasks of sentences, the next sentence, words' perplexity."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.metrics import WordPerplexity
from zoo.data.text_data import TextData, encode_document, join_documents
from zoo.evaluation import text_tasks
from zoo.evaluation.text import _hits, evaluate_text
from zoo.evaluation.text_tasks import TASKS, embedding_accuracy, load_task

NEGATIVE, POSITIVE = 40, 60  # Sentences of a task


def task_lines(label):
    """Of ten sentences one has the word of the other label."""
    for i in range((NEGATIVE, POSITIVE)[label]):
        word = "yes" if label != (i % 10 == 0) else "nay"
        number = f"{i:04d}" if label else f"{i:03d}"  # The longer ones are 1.
        yield f"é {word} {number}"


def write_task(root, name):
    (root / "sentences").mkdir(exist_ok=True)
    *files, encoding = TASKS[name]
    for label, file in enumerate(files):
        text = "\n".join(task_lines(label)) + "\n \n"
        (root / "sentences" / file).write_bytes(text.encode(encoding))


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_AE_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


def data(*documents, train=("a b", "b a")):
    """Text whose test documents are lists of sentences."""
    test = join_documents([encode_document(d) for d in documents])
    train = join_documents([encode_document(train)])
    return TextData("own", train, train, test)


def counted(*lengths):
    return data(*([str(i) for i in range(n)] for n in lengths))


def is_long(x):
    return tf.strings.length(x) > len("é yes 000".encode())


def long(x):
    return tf.cast(is_long(x), "float32")[:, None]


def often_long(x):
    """Another answer for two of ten sentences."""
    wrong = tf.strings.regex_full_match(x, ".*[05]")
    return tf.cast(is_long(x) != wrong, "float32")[:, None]


def constant(x):
    return tf.ones((tf.shape(x)[0], 2))


def model(encode=constant, **more):
    return SimpleNamespace(encode=encode, mean_words=often_long, **more)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_read_as_latin_1_with_its_labels(tmp_path, name):
    write_task(tmp_path, name)
    x, y = load_task(name)
    np.testing.assert_array_equal(y, np.repeat([0, 1], [NEGATIVE, POSITIVE]))
    assert [s.decode() for s in x] == [*task_lines(0), *task_lines(1)]


def test_tasks_stand_beside_their_floors(tmp_path):
    for name in TASKS:
        write_task(tmp_path, name)
    result = evaluate_text(
        model(long), counted(12), untrained_model=model(constant)
    )
    assert result["protocol"] == "text-v2"
    expected = {
        "tfidf": 0.9,  # the share of sentences with the word of their label
        "mean_words": 0.8,
        "random_encoder": 0.6,  # nothing is known: the commoner label
        "chance": 0.6,
    }
    for name in (*TASKS, "mean"):
        assert result["tasks"][name]["accuracy"] == pytest.approx(1)
        assert result["tasks"][name]["floors"] == pytest.approx(expected)
    assert not [key for key in result["skipped"] if key.startswith("tasks")]


def test_a_missing_task_alone_is_skipped_and_there_is_no_mean(tmp_path):
    write_task(tmp_path, "cr")
    (tmp_path / "sentences" / "subj.objective").write_bytes(b"One.")
    result = evaluate_text(model(long), counted(12))
    assert result["tasks"].keys() == {"cr"}
    assert result["tasks"]["cr"]["accuracy"] == pytest.approx(1)
    skipped = result["skipped"]
    assert "no rt-polarity.neg and rt-polarity.pos" in skipped["tasks.mr"]
    assert "no subj.objective and subj.subj" in skipped["tasks.subj"]
    assert skipped["tasks.mean"] == "needs all of mr, subj, cr"


def test_the_penalty_is_chosen_in_each_of_ten_folds_without_it(monkeypatch):
    fitted, tested = [], []

    class Recorded(text_tasks.GridSearchCV):
        def fit(self, x, y):
            fitted.append((x, y))
            return super().fit(x, y)

        def score(self, x, y):
            tested.append((x, y))
            return super().score(x, y)

    monkeypatch.setattr(text_tasks, "GridSearchCV", Recorded)
    # Growing steps: standardised or not, the rows can be told by their order.
    z = np.arange(60.0)[:, None] ** 2
    labels = np.arange(60) % 3 // 2
    embedding_accuracy(z, labels, seed=0)
    assert len(fitted) == len(tested) == 10
    seen = []
    for (a, y_a), (b, y_b) in zip(fitted, tested):
        order = np.argsort(np.concatenate([a, b])[:, 0])
        y = np.concatenate([y_a, y_b])
        np.testing.assert_array_equal(y[order], labels)
        seen += list(np.flatnonzero(order >= len(a)))
        np.testing.assert_allclose([a.mean(), a.std()], [0, 1], atol=1e-12)
    assert sorted(seen) == list(range(60))


def test_a_next_sentence_that_ties_gets_its_share():
    scores = np.array([[2.0, 1, 1], [1, 1, 0], [0, 1, 0]])
    others = np.array([[1, 2], [0, 2], [0, 1]])
    # Found; level with one of two others; beaten.
    assert _hits(np.eye(3), scores.T, others) == (1 + 1 / 2 + 0) / 3


def test_no_sentence_is_among_its_own_candidates():
    def codes(x):
        # On a circle: nearest to each is itself, then the one that follows.
        angle = tf.sqrt(tf.strings.to_number(x)) / 2
        code = tf.stack([tf.cos(angle), tf.sin(angle)], axis=1)
        return code, code

    own = model(lambda x: codes(x)[0], pair_codes=codes)
    result = evaluate_text(own, counted(14))
    assert result["retrieval"]["10"]["accuracy"] == 1


def test_equal_embeddings_find_the_next_sentence_by_chance():
    text = counted(90, 30)
    result = evaluate_text(model(), text, untrained_model=model())
    for count in (10, 100):
        found = result["retrieval"][str(count)]
        assert found["accuracy"] == pytest.approx(1 / count)
        assert found["floors"]["chance"] == 1 / count
        assert found["floors"]["random_encoder"] == pytest.approx(1 / count)


def test_as_many_candidates_as_queries_are_skipped_with_the_reason():
    assert "10" in evaluate_text(model(), counted(6, 7))["retrieval"]
    result = evaluate_text(model(), counted(5, 7))
    assert result["retrieval"] == {}
    reason = "needs more than 10 test sentences with a next one; there are 10"
    assert result["skipped"]["retrieval.10"] == reason
    assert "retrieval.400" in result["skipped"]


def test_the_unigram_floor_is_that_of_smoothed_shares():
    numbers = keras.layers.TextVectorization(
        vocabulary=["a", "b", "c"], output_sequence_length=4
    )
    writer = model(
        numbers=numbers,
        decoders=(),
        written=4,  # so c is written as unknown
        evaluate=lambda *args, **options: {"word_perplexity": 3.0},
        other_message_nats=lambda x, y: (tf.ones(2), tf.ones(2)),
    )
    text = data(["b a", "c"], train=["a a b", "a c zz"])
    result = evaluate_text(writer, text)["perplexity"]
    # Counts of end, unknown, a, b, and one more of each; then those of test.
    shares = np.array([2 + 1, 2 + 1, 3 + 1, 1 + 1]) / 12
    nats = -np.array([2, 1, 1, 1]) @ np.log(shares) / 5
    assert result == {
        "words": 3.0,
        "unigram": pytest.approx(np.exp(nats)),
        "other_message": pytest.approx(np.e),
    }


def test_the_other_message_costs_the_nats_of_all_its_words():
    writer = model(
        numbers=lambda x: tf.ones((len(x), 1), tf.int32),
        decoders=(),
        written=4,
        evaluate=lambda *args, **options: {"word_perplexity": 3.0},
        # Of n in the batch each has n nats; the places count the words.
        other_message_nats=lambda x, y: (
            tf.fill(tf.shape(x), tf.cast(tf.size(x), "float32")),
            tf.cast(y + 1, "float32"),
        ),
    )
    result = evaluate_text(writer, counted(260))["perplexity"]
    words = np.arange(1, 261).sum()
    expected = np.exp((256 * 256 + 4 * 4) / words)
    assert result["other_message"] == pytest.approx(expected, rel=1e-6)


def test_word_perplexity_is_that_of_all_words_of_all_batches():
    metric = WordPerplexity()
    metric.update_state(np.array([2.0, 1.0]), np.array([3.0, 1.0]))
    metric.update_state(np.array([0.5]), np.array([4.0]))
    expected = np.exp((3 * 2.0 + 1 * 1.0 + 4 * 0.5) / 8)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)
