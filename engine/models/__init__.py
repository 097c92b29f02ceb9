"""One file per model: an adversarial task and a sampler. No model owns a training loop."""
