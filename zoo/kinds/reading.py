"""A user's own files, named and read one by one."""

from zoo.data.files import list_files


def find_files(path, what, suffixes):
    """Return the names of the files at a path, and the folder they are in.

    Args:
        path: `pathlib.Path` of a file or a folder.
        what: Str, what they are, for the error.
        suffixes: Tuple of str, their names' ends.

    Raises:
        ValueError: If there are none.
    """
    names = list_files(path, suffixes) if path.is_dir() else [path.name]
    if not names:
        raise ValueError(
            f"`encode` needs {what} ({', '.join(suffixes)}). Received: "
            f"`{path}`, which has none"
        )
    return names, path if path.is_dir() else path.parent


def read_each(names, read, errors):
    """Read files, passing over those that cannot be read.

    Args:
        names: Names of files.
        read: Function of a name.
        errors: Exception, or tuple of them, that mean it cannot.

    Returns:
        Names kept, what was read of them, and why others were not.
    """
    kept, found, skipped = [], [], []
    for name in names:
        try:
            found.append(read(name))
            kept.append(name)
        except errors as error:
            skipped.append(f"{name}: {error}")
    return kept, found, skipped
