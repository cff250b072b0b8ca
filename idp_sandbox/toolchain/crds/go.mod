// Pins the projects whose CustomResourceDefinitions the sandbox installs; nothing is compiled from here.
module idp/toolchain/crds

go 1.26.0

require (
	github.com/argoproj/argo-cd/v3 v3.2.1
	github.com/aws/amazon-vpc-resource-controller-k8s v1.7.20
	github.com/hashicorp/vault-secrets-operator v0.10.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.4.0
)
