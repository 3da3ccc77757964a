# The companion in a container, in short commands; docs/docker.md. Everything else is `npm run ...`.
-include .env

IMAGE ?= ccproxy-companion
TAG ?= latest
NAME ?= ccproxy-companion
CCPROXY_SERVER_PORT := $(or $(CCPROXY_SERVER_PORT),8000)
REMOTE = $(if $(DOCKER_REGISTRY),$(DOCKER_REGISTRY)/)$(IMAGE):$(TAG)

.PHONY: docker-build docker-run docker-logs docker-stop docker-push

docker-build:
	docker build -t $(IMAGE):$(TAG) .

docker-run:
	docker run -d --init --restart unless-stopped --name $(NAME) \
	  -p 127.0.0.1:$(CCPROXY_SERVER_PORT):$(CCPROXY_SERVER_PORT) \
	  $(if $(wildcard .env),--env-file .env) -v ccproxy-data:/data $(IMAGE):$(TAG)

docker-logs:
	docker logs -f $(NAME)

docker-stop:
	docker stop -t 20 $(NAME) && docker rm $(NAME)

docker-push:
	$(if $(DOCKER_REGISTRY),,$(error Set DOCKER_REGISTRY, such as registry.example.com/team))
	docker tag $(IMAGE):$(TAG) $(REMOTE)
	docker push $(REMOTE)
