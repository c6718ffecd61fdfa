# METADATA
# scope: package
# title: What storage classes cost
package slidebox.lib.classes

# METADATA
# title: The class in which data lie unless another is named
standard := "standard"

# METADATA
# title: A class of a system, where its prices are known
class_of(system, name) := input.systems[system].classes[name]

# METADATA
# title: What a dataset costs in a class, in US dollars a month
# description: Small objects are billed as the least a class bills; each object of an archive has an overhead.
monthly_usd(dataset, class) := (billed_bytes(dataset, class) / 1000000000000) * class.usd_per_tb_month

billed_bytes(dataset, class) := max([dataset.bytes, dataset.files * class.min_object_bytes]) + overhead if {
	overhead := dataset.files * class.overhead_bytes
}

# METADATA
# title: How large an object of a dataset is on average, in bytes
mean_bytes(dataset) := dataset.bytes / dataset.files

# METADATA
# title: Whether the objects of a dataset are smaller than a class bills them; never where there are none
too_small(dataset, class) if dataset.bytes < dataset.files * class.min_object_bytes

# METADATA
# title: An amount of money in words
usd(amount) := sprintf("%v USD", [round(amount * 100) / 100]) if amount >= 0.01

usd(amount) := "less than 0.01 USD" if amount < 0.01
