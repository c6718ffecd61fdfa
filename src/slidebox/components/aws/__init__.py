"""AWS: a dataset's bucket with its key, its roles and its log, and what a lab has once in an account."""

from slidebox.components.aws.bucket import AwsLocation, location
from slidebox.components.aws.connection import provider_of
from slidebox.components.aws.lab import AwsLab, lab

__all__ = ["AwsLab", "AwsLocation", "lab", "location", "provider_of"]
