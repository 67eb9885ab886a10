# The local cluster; included by the root Makefile.
CLUSTER := $(PYTHON) tests/cluster/cluster.py
CLUSTER_ENV := $(or $(STRATEGY_CLUSTER_STATE),/var/lib/strategy-operator-cluster)/cluster.env

.PHONY: cluster-up cluster-services cluster-status cluster-down cluster-clean
cluster-up: ## a real Kubernetes, Kafka, PostgreSQL and Redis on this machine; a running one is reused
	$(CLUSTER) up

cluster-services: ## Kafka, PostgreSQL and Redis alone, for the integration tests
	$(CLUSTER) up --services

cluster-status: ## what runs, what it costs, where it is reached
	$(CLUSTER) status

cluster-down: ## end the cluster and give the machine back as it was
	$(CLUSTER) down

cluster-clean: ## take the cluster down and remove its caches
	$(CLUSTER) clean
