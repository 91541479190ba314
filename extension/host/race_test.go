//go:build race

package host

// raceDetector keeps memory of its own for each coroutine, so sizes mean nothing under it.
const raceDetector = true
