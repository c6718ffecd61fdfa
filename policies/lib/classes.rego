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
# title: What keeping a dataset for some days saves in a class that moves objects by itself, in US dollars
# description: >-
#   Against the price of its first tier, where nobody reads the share of the data that has to be left unread for it to
#   pay. Nothing in any other class.
saved_by_tiers(dataset, class, days) := class.tiered.unread * sum([usd |
	some number, fall in class.tiered.falls
	left := max([0, days - fall.after_days])
	less := array.concat([class.usd_per_tb_month], prices_of(class))[number] - fall.usd_per_tb_month
	usd := (((dataset.bytes / 1000000000000) * less) * left) * months_a_day
])

saved_by_tiers(_, class, _) := 0 if class.tiered == "none"

prices_of(class) := [fall.usd_per_tb_month | some fall in class.tiered.falls]

# METADATA
# title: What watching a dataset's objects for some days costs, in US dollars
watching_usd(dataset, class, days) := (monthly * days) * months_a_day if {
	monthly := (dataset.files / 1000) * class.tiered.watching_usd_per_1000
}

watching_usd(_, class, _) := 0 if class.tiered == "none"

months_a_day := 12 / 365

# METADATA
# title: An amount of money in words
usd(amount) := sprintf("%v USD", [round(amount * 100) / 100]) if amount >= 0.01

usd(amount) := "less than 0.01 USD" if amount < 0.01
