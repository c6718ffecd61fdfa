"""What Terraform and Pulumi declare of Google Cloud, as the section ``google`` of a snapshot.

Pulumi's official provider is made from Terraform's, so both say the same in the same words but for their case: one
reading is for both. `plan` says which bucket, project or account is meant, `section` joins buckets, and `lists`,
`around` and `fronts` add what is about them.
"""
