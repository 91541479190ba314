// Package repo holds the rules that every file of the repository keeps, as tests: where things lie, what they are called
// and which modules they stand on. It exports nothing.
package repo
