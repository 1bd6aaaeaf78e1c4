"""The networks that can be trained. A new network is one file and one line here."""

NETWORKS = {
    "phraser": "model.networks.phraser:Phraser",
    "seq2seq": "model.networks.seq2seq:Seq2Seq",
    "dance_revolution": "model.networks.dance_revolution:DanceRevolution",
}
