# METADATA
# scope: package
# title: Who runs the systems of Table 1
package slidebox.lib.systems

# METADATA
# title: Systems that the lab or its institution runs itself
# description: Every other system is somebody else's service, and so is one that is not known.
own := {"internal_drive", "external_drive", "local_cluster", "deletion"}

# METADATA
# title: The system that keeps nothing
deletion := "deletion"

# METADATA
# title: The drive that hangs on one computer, and lies in a drawer for the rest of the time
external_drive := "external_drive"

# METADATA
# title: The kinds of store in which slidebox makes buckets or containers
bucket_kinds := {"s3", "aws", "gcs", "azure"}

# METADATA
# title: The kinds of store into which slidebox puts many files as few bundles
bundling_kinds := {"zenodo", "figshare"}

# METADATA
# title: Whether a location is a bucket or a container, which have lifecycles and uploads in parts
bucket(location) if input.stores[location.store].kind in bucket_kinds

bucket(location) if location.system == "cloud"
