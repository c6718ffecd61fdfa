"""Submissions to public archives of images: read, checked and written without a network.

A study for the Image Data Resource has a study file and tables beside it (`study`, `tables`, `folder`); the BioImage
Archive takes PageTab (`pagetab`, and its two forms) with lists of files (`filelist`). Both are made from what is
declared (`rembi`, `idr`).
"""

from slidebox.submission.faults import Fault
from slidebox.submission.filelist import files_from_json, files_from_tsv, files_to_json, files_to_tsv
from slidebox.submission.folder import Kind, check_files, kind_of
from slidebox.submission.idr import name_of, study_text
from slidebox.submission.pagetab import PageTabError, Submission
from slidebox.submission.pagetab_json import from_json, to_json
from slidebox.submission.pagetab_tsv import from_tsv, to_tsv
from slidebox.submission.rembi import MARK, Lack, file_list_of, lacks, mark_of, page, release_of, root_of
from slidebox.submission.study import check_study, study_values
from slidebox.submission.tables import check_annotation, check_plates, check_processed

__all__ = [
    "MARK",
    "Fault",
    "Kind",
    "Lack",
    "PageTabError",
    "Submission",
    "check_annotation",
    "check_files",
    "check_plates",
    "check_processed",
    "check_study",
    "file_list_of",
    "files_from_json",
    "files_from_tsv",
    "files_to_json",
    "files_to_tsv",
    "from_json",
    "from_tsv",
    "kind_of",
    "lacks",
    "mark_of",
    "name_of",
    "page",
    "release_of",
    "root_of",
    "study_text",
    "study_values",
    "to_json",
    "to_tsv",
]
