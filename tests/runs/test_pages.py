"""Sections of a page of benchmarks."""

import pytest

from tools.pages import write_section


def test_a_section_replaces_its_own_and_no_other(tmp_path):
    page = tmp_path / "page.md"
    write_section(page, "## One\n\nfirst\n")
    write_section(page, "## Two\n\n### Part\n\nsecond")
    write_section(page, "## One\n\nagain")
    assert page.read_text() == (
        "# Benchmarks\n\n## One\n\nagain\n\n## Two\n\n### Part\n\nsecond\n"
    )


def test_a_section_joins_a_page_that_has_others(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Scaling\n\nwords\n\n## How\n\nso\n")
    write_section(page, "## What\n\nthat")
    assert page.read_text() == (
        "# Scaling\n\nwords\n\n## How\n\nso\n\n## What\n\nthat\n"
    )


def test_a_section_needs_a_title(tmp_path):
    with pytest.raises(ValueError, match="`write_section` needs a `section`"):
        write_section(tmp_path / "page.md", "words")
