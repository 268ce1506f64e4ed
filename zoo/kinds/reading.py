"""A user's own files, named and read one by one."""


def find_files(path, list_names, what, suffixes):
    """Return the names of the files at a path, and the folder they are in.

    Args:
        path: `pathlib.Path` of a file or a folder.
        list_names: Function that lists a folder's.
        what: Str, what they are, for the error.
        suffixes: Their names' ends, for the error.

    Raises:
        ValueError: If there are none.
    """
    names = sorted(list_names(path)) if path.is_dir() else [path.name]
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
