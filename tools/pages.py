"""Markdown pages of which each command writes its own section."""

import pathlib

_MARK = "## "


def write_section(path: pathlib.Path, section: str) -> None:
    """Write a section into a page, in place of the one of the same title.

    Args:
        path: Path of the page; a new one begins with `# Benchmarks`.
        section: Str whose first line is `## <title>`.

    Raises:
        ValueError: If the section does not begin with a title.
    """
    title = section.partition("\n")[0]
    if not title.startswith(_MARK):
        raise ValueError(
            f"`write_section` needs a `section` that begins with {_MARK!r}. "
            f"Received: {title!r}"
        )
    text = path.read_text("utf-8") if path.exists() else "# Benchmarks\n"
    parts = text.rstrip().split(f"\n{_MARK}")
    kept = [parts[0]] + [_MARK + part for part in parts[1:]]
    titles = [part.partition("\n")[0] for part in kept]
    place = titles.index(title) if title in titles[1:] else len(kept)
    kept[place : place + 1] = [section]
    page = "\n\n".join(part.strip() for part in kept) + "\n"
    path.write_text(page, encoding="utf-8")
