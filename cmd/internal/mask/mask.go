// Package mask replaces secret values in a stream of bytes.
//
// A [Set] holds the values, a [Writer] lets everything through but these. What
// it holds back is exactly what may still become part of a value.
package mask

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// A Set holds the values that are masked. It only grows: what was secret before
// a restart still is. It is safe for concurrent use, the zero Set is empty.
type Set struct {
	mu       sync.Mutex
	values   map[string]bool
	patterns map[string]bool // in all spellings

	automaton atomic.Pointer[automaton] // nil: nothing to find
}

// Add adds values, in every spelling that is looked for. Those of fewer than
// [MinLength] characters are left out. When it returns, the next byte that a
// [Writer] is given is judged by them.
func (s *Set) Add(values []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values, s.patterns = map[string]bool{}, map[string]bool{}
	}
	before := len(s.patterns)
	for _, value := range values {
		if s.values[value] || utf8.RuneCountInString(value) < MinLength {
			continue
		}
		s.values[value] = true
		for _, p := range spellings(value) {
			s.patterns[p] = true
		}
	}
	if len(s.patterns) > before {
		s.automaton.Store(newAutomaton(slices.Collect(maps.Keys(s.patterns))))
	}
}
