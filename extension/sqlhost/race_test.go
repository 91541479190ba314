//go:build race

package sqlhost

// raceDetector keeps memory of its own for each coroutine, so sizes mean nothing under it.
const raceDetector = true
