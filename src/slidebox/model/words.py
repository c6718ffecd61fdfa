"""The closed vocabularies of the lab's data: the words a declaration may use."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How far data have been processed, from the microscope to the profile (playbook, Figure 1)."""

    RAW_IMAGES = "raw_images"
    CORRECTED_IMAGES = "corrected_images"
    SEGMENTATION_MASKS = "segmentation_masks"
    SINGLE_CELL_IMAGES = "single_cell_images"
    SINGLE_CELL_EMBEDDINGS = "single_cell_embeddings"
    BULK_EMBEDDINGS = "bulk_embeddings"
    METADATA = "metadata"
    PIPELINES = "pipelines"


class Origin(StrEnum):
    """Where data came from (playbook, section Origin)."""

    LAB = "lab"
    ACADEMIC = "academic"
    INDUSTRY = "industry"
    PUBLIC = "public"


class Sensitivity(StrEnum):
    """Who could be harmed by a reader, most sensitive first."""

    IDENTIFIABLE = "identifiable"
    CODED = "coded"
    CONFIDENTIAL = "confidential"
    OPEN = "open"


class Activity(StrEnum):
    """How much a dataset is worked on now; it selects the term."""

    ACTIVE = "active"
    RESTING = "resting"
    FINISHED = "finished"

    @property
    def term(self) -> Term:
        """The term this activity selects."""
        return {Activity.ACTIVE: Term.SHORT, Activity.RESTING: Term.MID}.get(self, Term.LONG)


class Term(StrEnum):
    """The three spans of a dataset's life (playbook, Figure 1), in order."""

    SHORT = "short"
    MID = "mid"
    LONG = "long"


class Role(StrEnum):
    """What a member of an audience may do.

    A contributor writes and reads, a reader reads, a steward also deletes and decides.
    """

    CONTRIBUTOR = "contributor"
    READER = "reader"
    STEWARD = "steward"


class System(StrEnum):
    """The fifteen storage solutions of the playbook's Table 1, in its order."""

    INTERNAL_DRIVE = "internal_drive"
    EXTERNAL_DRIVE = "external_drive"
    IDR = "idr"
    CLOUD = "cloud"
    FIGSHARE = "figshare"
    FIGSHARE_PLUS = "figshare_plus"
    ZENODO = "zenodo"
    GITHUB = "github"
    GITHUB_LFS = "github_lfs"
    DVC = "dvc"
    ONEDRIVE = "onedrive"
    DROPBOX = "dropbox"
    GOOGLE_DRIVE = "google_drive"
    LOCAL_CLUSTER = "local_cluster"
    DELETION = "deletion"


class StoreKind(StrEnum):
    """By which door slidebox provisions a store; ``by_hand`` is planned but not provisioned."""

    DRIVE = "drive"
    S3 = "s3"
    AWS = "aws"
    GCS = "gcs"
    AZURE = "azure"
    DVC = "dvc"
    ARCHIVE = "archive"
    RCLONE = "rclone"
    GITHUB = "github"
    ZENODO = "zenodo"
    FIGSHARE = "figshare"
    CLUSTER = "cluster"
    BY_HAND = "by_hand"


CLOUDS = frozenset({StoreKind.AWS, StoreKind.GCS, StoreKind.AZURE})
"""The kinds for which slidebox sets up everything that a cloud has for a bucket, from the declaration."""


DEPOSITS = frozenset({StoreKind.ZENODO, StoreKind.FIGSHARE})
"""The kinds of repositories whose drafts are private, and that publish only when they are told to."""


class AgreementKind(StrEnum):
    """The usual papers between a lab and a collaborator."""

    COLLABORATION = "collaboration"
    MATERIAL_TRANSFER = "material_transfer"
    DATA_USE = "data_use"
    CONFIDENTIALITY = "confidentiality"


class Keep(StrEnum):
    """Whether the lab keeps bytes of a dataset.

    ``copy`` keeps them; ``stream`` reads them from their public source, and deletes each piece
    once it has been processed (playbook, "Immediate deletion"); ``scratch`` keeps them for a while,
    because they can be made again.
    """

    COPY = "copy"
    STREAM = "stream"
    SCRATCH = "scratch"


class Use(StrEnum):
    """What data are used for: a project says it, and an agreement or a DUO term allows it or not."""

    RESEARCH = "research"
    METHOD_DEVELOPMENT = "method_development"
    TEACHING = "teaching"
    MODEL_TRAINING = "model_training"
    PUBLICATION = "publication"
    COMMERCIAL = "commercial"


class Determination(StrEnum):
    """The two ways of 45 CFR 164.514(b) to decide that data tell nobody who the patient is."""

    SAFE_HARBOR = "safe_harbor"
    EXPERT_DETERMINATION = "expert_determination"


class Identifier(StrEnum):
    """The eighteen identifiers of 45 CFR 164.514(b)(2)(i), from (A) to (R), that a safe harbor removes."""

    NAMES = "names"
    GEOGRAPHY = "geography"
    DATES = "dates"
    PHONE = "phone"
    FAX = "fax"
    EMAIL = "email"
    SOCIAL_SECURITY = "social_security"
    MEDICAL_RECORD = "medical_record"
    HEALTH_PLAN = "health_plan"
    ACCOUNT = "account"
    CERTIFICATE = "certificate"
    VEHICLE = "vehicle"
    DEVICE = "device"
    URL = "url"
    IP_ADDRESS = "ip_address"
    BIOMETRIC = "biometric"
    PHOTOGRAPH = "photograph"
    OTHER_CODE = "other_code"


class Severity(StrEnum):
    """How grave a finding is. Errors refuse; warnings are shown."""

    ERROR = "error"
    WARNING = "warning"


class Gate(StrEnum):
    """Where the rules are asked."""

    PLAN = "plan"
    PREVIEW = "preview"
    LIVE = "live"
    PUBLISH = "publish"
