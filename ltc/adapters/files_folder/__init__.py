"""Files in a folder, named by their digests."""

from ltc.adapters.files_folder.store import FolderFiles, parse_size

__all__ = ["FolderFiles", "parse_size"]
