//go:build race

package repo

// raced says that the race detector slows the tests ten times.
const raced = true
