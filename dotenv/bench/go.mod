module github.com/aside-cli/aside/dotenv/bench

go 1.26.0

require (
	github.com/aside-cli/aside v0.0.0
	github.com/compose-spec/compose-go/v2 v2.16.2
	github.com/joho/godotenv v1.5.1
)

require (
	github.com/sirupsen/logrus v1.10.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/aside-cli/aside => ../..
