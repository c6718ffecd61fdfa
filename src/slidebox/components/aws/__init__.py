"""AWS: a dataset's bucket with its key, its roles and its log, and what an account has beside them."""

from slidebox.components.aws.bucket import AwsLocation, location

__all__ = ["AwsLocation", "location"]
