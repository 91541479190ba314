package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
)

// flood repeats what the words name, each in a thread of its own, until ctx ends.
func flood(ctx context.Context, words []string) error {
	done := make(chan error, len(words))
	for _, word := range words {
		once := floods[word]
		if once == nil {
			return fmt.Errorf("there is no flood of %q here, but of %s", word, strings.Join(slices.Sorted(maps.Keys(floods)), ", "))
		}
		go func() {
			runtime.LockOSThread()
			for ctx.Err() == nil {
				if err := once(ctx); err != nil && ctx.Err() == nil {
					done <- fmt.Errorf("flood of %s: %w", word, err)
					return
				}
			}
			done <- nil
		}()
	}
	var errs []error
	for range words {
		errs = append(errs, <-done)
	}
	return errors.Join(errs...)
}
