package local

import (
	"fmt"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func many(n int) map[string]sources.Secret {
	m := map[string]sources.Secret{}
	for i := range n {
		m[fmt.Sprintf("SECRET_NUMBER_%05d", i)] = sources.NewSecret(fmt.Sprintf("value-%040d", i))
	}
	return m
}

// The aim is well under 1 ms.
func BenchmarkReadTwoScopesOf50(b *testing.B) {
	s := newStore(b)
	dev := sources.StageScope("dev")
	b.ReportAllocs()
	must(b, s.Set(b.Context(), dev, many(50)))
	must(b, s.Set(b.Context(), sources.FallbackScope(), many(50)))
	for b.Loop() {
		values, err := s.Read(b.Context(), dev, sources.FallbackScope())
		if err != nil || len(values) != 100 {
			b.Fatal(len(values), err)
		}
	}
}

// The aim is 40 ms.
func BenchmarkRead10000(b *testing.B) {
	s := newStore(b)
	dev := sources.StageScope("dev")
	must(b, s.Set(b.Context(), dev, many(10000)))
	for b.Loop() {
		values, err := s.Read(b.Context(), dev)
		if err != nil || len(values) != 10000 {
			b.Fatal(len(values), err)
		}
	}
}

// The aim is 100 ms.
func BenchmarkSetOneOf10000(b *testing.B) {
	s := newStore(b)
	dev := sources.StageScope("dev")
	must(b, s.Set(b.Context(), dev, many(10000)))
	n := 0
	for b.Loop() {
		n++
		must(b, s.Set(b.Context(), dev, map[string]sources.Secret{"SECRET_NUMBER_00007": sources.NewSecret(fmt.Sprint(n))}))
	}
}
