//go:build !race

package sqlhost

const raceDetector = false
