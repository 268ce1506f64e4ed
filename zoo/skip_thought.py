"""Skip-Thought on text: an embedding from which both neighbours are written.

    keras-ae train skip_thought
    keras-ae train skip_thought --data eltec --seed 1

On eltec (second command, seeds 1 to 3) the decoders' perplexity is 125 ± 2,
the unigram model's 377. A linear probe tells MR, SUBJ and CR at 67.9 ± 0.6 %,
a mean over the three; on the untrained encoder at 64.8 ± 0.3 %, on the mean of
its own words at 69.8 ± 0.6 %. `quick_thought` is quicker: 1,021 sentences a
second beside 222, and 74.1 % after less time (1,467 s beside 1,806).

Why the embedding is no better than its words: the decoders take little from
it. A word costs them 4.4 % more perplexity with the embedding of another
sentence (130.4, beside 125.0 with the right one; second command, seed 1). With
a quarter of the sentences,

    keras-ae train skip_thought --data eltec --seed 1 --set data.limit=100000

it costs 1.4 % more (176.9 beside 174.5); with `--set
model.decoder_word_dropout=0.6` as well, so that they need it more, 2.4 %
(231.7 beside 226.2). The tasks rise by it from 65.7 to 66.2 %, where the mean
of words has 69.
"""

from keras_ae.models import SkipThought
from zoo.recipe import Recipe
from zoo.text_networks import sentence_encoder


def build(
    vectorizer,
    *,
    encoder="uni",
    word_dim=128,
    units=256,
    word_scale=1.0,
    decoder_units=256,
    decoder_word_dropout=0.0,
    written=5_000,
):
    """Build the model.

    Args:
        vectorizer: `keras.layers.TextVectorization` with its vocabulary.
        encoder: Str, `uni`, `bi`, `combined` or `transformer`.
        word_dim: Int, size of a word's vector.
        units: Int, size of an embedding.
        word_scale: Float, words' vectors begin in plus or minus this.
        decoder_units: Int, size of the decoders' states.
        decoder_word_dropout: Float, share of the words before that decoders
            read as unknown in training.
        written: Int, commonest words that are written; the others are written
            as unknown.

    Returns:
        `SkipThought`.
    """
    return SkipThought(
        vectorizer,
        sentence_encoder(
            vectorizer, encoder, word_dim, units, word_scale=word_scale
        ),
        units=decoder_units,
        written=written,
        word_dropout=decoder_word_dropout,
    )


# A tenth of the paper's units, a quarter of the words it writes: their scores
# take most of a step. With decoders of 256 units it takes 1.6 times as long.
RECIPE = Recipe(
    build=build,
    kind="text",
    data="prose",
    optimizer=dict(learning_rate=1e-3, clip_norm=5.0, schedule="cosine"),
    train=dict(batch_size=64, epochs=10),
    data_settings=dict(block=16, vocabulary_size=2_000),
    per_data={
        "eltec": dict(
            model=dict(encoder="bi", decoder_units=128),
            optimizer=dict(learning_rate=6e-3),
            train=dict(batch_size=128, epochs=1),
            # Of 497,539 sentences those of twenty minutes of one core.
            data=dict(block=16, vocabulary_size=20_000, limit=400_000),
        ),
    },
)
