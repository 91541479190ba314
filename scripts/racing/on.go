//go:build race

package racing

// On says whether the race detector watches: it slows what it watches five to twenty times, and keeps memory of its own.
const On = true
