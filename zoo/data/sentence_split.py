"""Cut English prose into sentences, by rule."""

import re

# An end, closing quotes or brackets, a gap, and what may begin a sentence.
_END = re.compile(r"([.!?]+[\"'”’)\]]*)\s+(?=[\"'“‘(\[]*[A-Z0-9])")
_SHORT = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Sr|Jr|Rev|Hon|Capt|Col|Gen"
    r"|Lieut|Lt|Prof|Esq|Messrs|Mme|Mlle|No|vol|vs|viz|e\.g|i\.e|cf)\.$"
)
_WORD = re.compile(r"[^\W\d_]")


def split_sentences(paragraph: str) -> list[str]:
    """Return the sentences of one paragraph, in order.

    A sentence ends at `.`, `!` or `?`, closing quotes included, before a gap
    and a capital letter, digit or opening quote, but not after an
    abbreviation or an initial. White space becomes single blanks; what has no
    letter is left out.

    Args:
        paragraph: Str.
    """
    text = " ".join(paragraph.split())
    found, begin = [], 0
    for match in _END.finditer(text):
        if not _SHORT.search(text[begin : match.end(1)]):
            found.append(text[begin : match.end(1)])
            begin = match.end()
    found.append(text[begin:])
    return [sentence for sentence in found if _WORD.search(sentence)]


def split_paragraphs(paragraphs) -> list[str]:
    """Return the sentences of paragraphs, in order."""
    return [s for paragraph in paragraphs for s in split_sentences(paragraph)]
