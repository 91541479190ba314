package winproc

// For tests.
var (
	ParseProcesses = parseProcesses
	DrivePath      = drivePath
	UnixNS         = unixNS
	AfterCall      = afterCall
)
