package main

// behaviours holds every behaviour, sorted by analytic.
var behaviours = []Behaviour{
	an0120, an0163, an0244, an0255, an0272, an0283, an0397, an0431, an0514, an0569, an0579, an0613, an0620, an0688,
	an0703, an0839, an0904, an0976, an1046, an1065, an1098, an1183, an1196, an1199, an1223, an1241, an1400, an1494,
	an1562, an1627, an2031,
}
