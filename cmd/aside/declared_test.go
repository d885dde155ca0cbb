package main

import (
	"sync"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// All sources are read at once, and their secrets may be of the same types.
func TestTypesAreCheckedAtOnce(t *testing.T) {
	s := newSite(t, "app: shop\nsecrets: {A: {type: url}, B: {type: port}}\n")
	p, err := (&app{environ: s.env}).open(&projectFlags{dir: s.dir})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for name, value := range map[string]string{"A": "https://x", "B": "80"} {
				if err := p.checkType(name, sources.NewSecret(value)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
