"""The data sets that can be trained on. A new one is one file and one line here."""

DATASETS = {
    "cmu": "model.datasets.cmu:load",
    "g1_moves": "model.datasets.g1_moves:load",
    "aistpp": "model.datasets.aistpp:load",
    "tang2018": "model.datasets.tang2018:load",
    "bvh_wav": "model.datasets.bvh_wav:load",
    "synthetic": "model.datasets.synthetic:load",
}
