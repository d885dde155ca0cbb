package mask

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// secrets are values as people have them: keys, passwords, URLs.
func secrets(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.UintN(256))
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	var values []string
	for i := range n {
		switch i % 4 {
		case 0:
			values = append(values, "sk_live_"+random(24))
		case 1:
			values = append(values, random(8+r.IntN(40)))
		case 2:
			values = append(values, fmt.Sprintf("postgres://user%d:%s@db-%d.internal:5432/app", i, random(12), i))
		case 3:
			values = append(values, "p4ss/w&rd "+random(6))
		}
	}
	return values
}

// tokens are secrets of 100 characters.
func tokens(n int) []string {
	text := base64.RawURLEncoding.EncodeToString(noise(75 * n))
	var values []string
	for i := range n {
		values = append(values, text[100*i:100*(i+1)])
	}
	return values
}

// serverLog is n bytes of what servers print, without any secret.
func serverLog(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, `{"time":"2025-03-0%dT12:%02d:%02dZ","level":"INFO","msg":"request handled","method":"GET","path":"/api/v1/users/%d/orders","status":200,"duration_ms":%d,"trace":"%016x"}`+"\n",
			1+r.IntN(9), r.IntN(60), r.IntN(60), r.IntN(1e6), r.IntN(900), r.Uint64())
		fmt.Fprintf(&b, "GET /static/js/main.%08x.js 200 in %d ms - Mozilla/5.0 (X11; Linux x86_64)\n", r.Uint32(), r.IntN(50))
	}
	return b.Bytes()[:n]
}

// BenchmarkWriter is the throughput on one core with 200 secrets, in pieces as
// they come from a pipe.
func BenchmarkWriter(b *testing.B) {
	values := secrets(200)
	dense := bytes.ReplaceAll(serverLog(1<<20), []byte("Mozilla/5.0"), []byte(values[5]))
	for name, text := range map[string][]byte{
		"log":             serverLog(1 << 20),
		"a secret a line": dense,
		"almost a secret": bytes.Repeat([]byte(values[0][:30]+"\n"), 1<<15),
		"numbers":         numbers(1 << 20),
		"random bytes":    noise(1 << 20),
		"base64":          []byte(base64.StdEncoding.EncodeToString(noise(1 << 20))),
	} {
		b.Run(name, func(b *testing.B) {
			set := &Set{}
			set.Add(values)
			w := NewWriter(io.Discard, set)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for rest := text; len(rest) > 0; {
					n := min(len(rest), 64<<10)
					w.Write(rest[:n])
					rest = rest[n:]
				}
			}
		})
	}
}

func numbers(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.Bytes()[:n]
}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// BenchmarkAdd is what building costs: time, and the memory that stays.
func BenchmarkAdd(b *testing.B) {
	pem := strings.Repeat(strings.Repeat("Abc+/9xY", 8)+"\n", 1<<10)
	for name, values := range map[string][]string{
		"30 secrets":         secrets(30),
		"200 secrets":        secrets(200),
		"200 long ones":      tokens(200),
		"4 KiB":              {pem[:4<<10-1]},
		"64 KiB":             {pem[:64<<10]},
		"64 KiB of one byte": {strings.Repeat("a", 64<<10)},
		"64 KiB of letters":  {strings.Repeat("привет мир, ", 64<<10/21)},
		"64 KiB of noise":    {string(noise(64 << 10))},
	} {
		b.Run(name, func(b *testing.B) {
			var set *Set
			for b.Loop() {
				set = &Set{}
				set.Add(values)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			a := set.automaton.Load()
			b.ReportMetric(float64(len(a.label)), "nodes")
			set = nil
			runtime.KeepAlive(a)
			a = nil
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(before.HeapAlloc-after.HeapAlloc)/(1<<20), "MiB-kept")
		})
	}
}
