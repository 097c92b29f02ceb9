"""The adversarial core: one trainer, and the losses, penalties and watchers it uses."""
