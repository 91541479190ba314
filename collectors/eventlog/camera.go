package eventlog

// cameraSource is ATT&CK's name of the log of the service through which programs share cameras. Windows calls its provider
// Microsoft-Windows-MF-FrameServer and its channel Microsoft-Windows-MF-FrameServer/Camera_FrameServer.
const cameraSource = "WinEventLog:Microsoft-Windows-Windows Camera Frame Server/Operational"

// cameraEvents hold the one that a program's camera session begins with: 6, the proxy to a device, which is logged from
// within the process. What follows (2 to 5 the stream's type and adapter, 7 to 13 the session's end and times) names no
// other process and stays in eventlog_records.
var cameraEvents = map[uint32]mapping{
	6: kept{
		api: "MFCreateDeviceSource", path: []string{"ProcessName", "Process"}, user: []string{"User"}, object: []string{"SymbolicLink", "DeviceName"},
		status: []string{"hr"},
	}.event,
}
