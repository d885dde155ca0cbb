// Package bench runs the parser beside its peers. It is a module of its own, so
// that the peers are no dependency of the program.
package bench

import (
	"bytes"
	"fmt"
	"testing"

	compose "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/joho/godotenv"

	"github.com/aside-cli/aside/dotenv"
)

// lines is what files look like: comments, plain and quoted values, URLs, a key
// of several lines, JSON and a reference now and then. Every peer accepts it.
func lines(n int) []byte {
	kinds := []string{
		"# settings of part %d\n",
		"PORT_%d=8080\n",
		"DATABASE_URL_%d=postgres://app:s3cr3tpassword@db.internal:5432/app?sslmode=require\n",
		"API_KEY_%d='sk_live_51H8xYzAbCdEfGhIjKlMnOpQrStUvWxYz0123456789'\n",
		"GREETING_%d=\"hello, \\\"world\\\"\\nand all\" # shown on the first page\n",
		"export LOG_LEVEL_%d=debug\n",
		"\n",
		"FEATURES_%d='{\"search\": true, \"limits\": [10, 20, 30]}'\n",
		"HOST_%d=host.example.com # where it runs\n",
		"BASE_URL_%d=\"https://${HOST}:8443/api\"\n",
	}
	b := []byte("HOST=example.com\n")
	for i := range n - 1 {
		kind := kinds[i%len(kinds)]
		if bytes.IndexByte([]byte(kind), '%') < 0 {
			b = append(b, kind...)
			continue
		}
		b = fmt.Appendf(b, kind, i)
	}
	return b
}

// megabyte is as many whole lines as make 1 MB.
func megabyte() []byte {
	all := lines(30000)
	return all[:bytes.LastIndexByte(all[:1<<20], '\n')+1]
}

func BenchmarkParse(b *testing.B) {
	parsers := []struct {
		name  string
		parse func([]byte) (int, error)
	}{
		{"aside", func(src []byte) (int, error) {
			f, err := dotenv.Parse(".env", src)
			if err != nil {
				return 0, err
			}
			return len(f.Entries), nil
		}},
		{"godotenv", func(src []byte) (int, error) {
			m, err := godotenv.UnmarshalBytes(src)
			return len(m), err
		}},
		{"compose", func(src []byte) (int, error) {
			m, err := compose.UnmarshalBytesWithLookup(src, nil)
			return len(m), err
		}},
	}
	for _, input := range []struct {
		name string
		src  []byte
	}{{"50 lines", lines(50)}, {"1 MB", megabyte()}} {
		want, err := parsers[0].parse(input.src)
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range parsers {
			b.Run(input.name+"/"+p.name, func(b *testing.B) {
				b.SetBytes(int64(len(input.src)))
				b.ReportAllocs()
				for b.Loop() {
					if n, err := p.parse(input.src); err != nil || n != want {
						b.Fatalf("%d entries, want %d: %v", n, want, err)
					}
				}
			})
		}
	}
}
