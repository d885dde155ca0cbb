package local

import (
	"fmt"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// many returns n secrets, whose values differ from round to round.
func many(n, round int) map[string]sources.Secret {
	m := map[string]sources.Secret{}
	for i := range n {
		m[fmt.Sprintf("SECRET_NUMBER_%05d", i)] = sources.NewSecret(fmt.Sprintf("value-%02d-%040d", round, i))
	}
	return m
}

// fill sets 10,000 secrets as often as there are to be versions of each.
func fill(b *testing.B, versions int) *Store {
	b.Helper()
	c := configIn(b.TempDir())
	c.User = "alice@laptop"
	s := New(c)
	for round := range versions {
		must(b, s.Set(b.Context(), dev, many(10000, round)))
	}
	return s
}

// The aim is well under 1 ms.
func BenchmarkReadTwoScopesOf50(b *testing.B) {
	s := newStore(b)
	b.ReportAllocs()
	must(b, s.Set(b.Context(), dev, many(50, 0)))
	must(b, s.Set(b.Context(), fallback, many(50, 0)))
	for b.Loop() {
		values, err := s.Read(b.Context(), dev, fallback)
		if err != nil || len(values) != 100 {
			b.Fatal(len(values), err)
		}
	}
}

// The aim is 40 ms, with the earlier versions too.
func BenchmarkRead10000(b *testing.B) {
	for _, versions := range []int{1, maxVersions} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			s := fill(b, versions)
			for b.Loop() {
				values, err := s.Read(b.Context(), dev)
				if err != nil || len(values) != 10000 {
					b.Fatal(len(values), err)
				}
			}
		})
	}
}

// The aim is 100 ms, with the earlier versions too.
func BenchmarkSetOneOf10000(b *testing.B) {
	for _, versions := range []int{1, maxVersions} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			s := fill(b, versions)
			n := 0
			for b.Loop() {
				n++
				must(b, s.Set(b.Context(), dev, one("SECRET_NUMBER_00007", fmt.Sprint(n))))
			}
		})
	}
}
