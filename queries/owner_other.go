//go:build !unix

package queries

import "io/fs"

// trusted leaves the question to the folder, which on Windows is made for administrators alone.
func trusted(string, fs.FileInfo) error { return nil }
