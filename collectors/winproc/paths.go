package winproc

import "strings"

// drivePath turns a device path, "\Device\HarddiskVolume3\x.dll", into the one that people and event logs know. What
// lies on no drive stays as it is; a share becomes "\\server\share\…".
func drivePath(path string, drives map[string]string) string {
	for device, drive := range drives {
		if rest, ok := cutFold(path, device); ok && (rest == "" || rest[0] == '\\') {
			return drive + rest
		}
	}
	for _, redirector := range []string{`\Device\Mup\`, `\Device\LanmanRedirector\`} {
		if rest, ok := cutFold(path, redirector); ok {
			// A mapped drive's path has redirector and drive in front: ";LanmanRedirector\;Z:00000000000a1b2c\server\share\…".
			for strings.HasPrefix(rest, ";") {
				_, rest, _ = strings.Cut(rest, `\`)
			}
			return `\\` + rest
		}
	}
	for _, prefix := range []string{`\??\`, `\\?\`} {
		if rest, ok := cutFold(path, prefix); ok {
			return rest
		}
	}
	return path
}

// onDisk tells whether a device path is of this machine, so that asking for the file waits for nobody else.
func onDisk(path string) bool {
	_, ok := cutFold(path, `\Device\HarddiskVolume`)
	return ok
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
