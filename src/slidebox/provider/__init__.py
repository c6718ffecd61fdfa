"""The plugin that makes drive folders, buckets and users: `pulumi-resource-slidebox`."""
