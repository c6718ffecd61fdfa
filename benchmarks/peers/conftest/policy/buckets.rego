# METADATA
# scope: package
# title: Ten rules about buckets
# description: >-
#   What a lab would write for conftest to check the same stack by hand: every resource found by its bucket's name in
#   one look, no rule that grows faster than the stack. Whose data a bucket holds, these rules cannot know.
package main

resources[kind][bucket] := state.inputs if {
	some step in input.steps
	state := step.newState
	kind := state.type
	bucket := state.inputs.bucket
}

buckets := resources["aws:s3/bucket:Bucket"]

statements := {bucket: json.unmarshal(inputs.policy).Statement |
	some bucket, inputs in resources["aws:s3/bucketPolicy:BucketPolicy"]
}

default_encryption := {bucket |
	some bucket, inputs in resources[sse]
	some rule in inputs.rules
	rule.applyServerSideEncryptionByDefault.sseAlgorithm == "aws:kms"
}

sse := "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

blocks := resources["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"]

versioning := resources["aws:s3/bucketVersioning:BucketVersioning"]

lifecycles := resources["aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"]

deny contains sprintf("%s: everybody can read it", [bucket]) if {
	some bucket, allowed in statements
	some statement in allowed
	statement.Effect == "Allow"
	statement.Principal == "*"
}

deny contains sprintf("%s: an action is a wildcard", [bucket]) if {
	some bucket, allowed in statements
	some statement in allowed
	statement.Effect == "Allow"
	statement.Action == "s3:*"
}

deny contains sprintf("%s: takes requests in the clear", [bucket]) if {
	some bucket, _ in buckets
	not encrypted_transport(bucket)
}

deny contains sprintf("%s: is not encrypted with a key of its own", [bucket]) if {
	some bucket, _ in buckets
	not bucket in default_encryption
}

deny contains sprintf("%s: %s is not set", [bucket, block]) if {
	some bucket, _ in buckets
	some block in ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]
	not blocks[bucket][block]
}

deny contains sprintf("%s: keeps no versions", [bucket]) if {
	some bucket, _ in buckets
	object.get(versioning, [bucket, "versioningConfiguration", "status"], "") != "Enabled"
}

deny contains sprintf("%s: keeps uploads that were never ended", [bucket]) if {
	some bucket, _ in buckets
	not aborts(bucket)
}

deny contains sprintf("%s: keeps old versions for ever", [bucket]) if {
	some bucket, _ in buckets
	not expires(bucket)
}

deny contains sprintf("%s: lacks the tag %s", [bucket, tag]) if {
	some bucket, inputs in buckets
	some tag in ["lab", "owner", "project", "slidebox:location"]
	not inputs.tags[tag]
}

deny contains sprintf("%s: nobody has written a policy for it", [bucket]) if {
	some bucket, _ in buckets
	not statements[bucket]
}

encrypted_transport(bucket) if {
	some statement in statements[bucket]
	statement.Effect == "Deny"
	statement.Condition.Bool["aws:SecureTransport"] == "false"
}

aborts(bucket) if {
	some rule in lifecycles[bucket].rules
	rule.abortIncompleteMultipartUpload.daysAfterInitiation <= 30
}

expires(bucket) if {
	some rule in lifecycles[bucket].rules
	rule.noncurrentVersionExpiration.noncurrentDays <= 365
}
